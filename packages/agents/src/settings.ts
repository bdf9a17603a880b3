// The settings of the agent service.
import { ConfigError, readSettings } from "@switchboard/commons/env.ts";
import type { LogLevel } from "@switchboard/commons/log.ts";
import type { LanguageModelSettings } from "./models/language-model.ts";

/** What the program needs to know. */
export interface AgentSettings {
  readonly port: number;
  /** Address that the registry gives to callers. */
  readonly url: string;
  /** Interface to listen on: this machine only, unless callers are told another address. */
  readonly host: string;
  readonly database: { readonly url: string; readonly role: string; readonly size: number };
  /** Nothing: the built-in model answers. */
  readonly languageModel: LanguageModelSettings | undefined;
  readonly logLevel: LogLevel;
}

const NAMES = [
  "AGENT_PORT",
  "AGENT_URL",
  "SUPABASE_DB_URL",
  "DATABASE_ROLE",
  "DATABASE_POOL_SIZE",
  "LLM_BASE_URL",
  "LLM_API_KEY",
  "LLM_MODEL",
  "LOG_LEVEL",
] as const;

/**
 * Reads the settings.
 * @param source - the variables; by default those of the process
 * @throws ConfigError naming what is missing or malformed
 */
export function readAgentSettings(source?: Readonly<Record<string, string | undefined>>): AgentSettings {
  const env = readSettings(NAMES, source);
  if (env.LLM_BASE_URL !== undefined && env.LLM_MODEL === undefined)
    throw new ConfigError(["LLM_MODEL is not set; it names the model at LLM_BASE_URL"]);
  const url = (env.AGENT_URL ?? `http://127.0.0.1:${env.AGENT_PORT}`).replace(/\/+$/, "");
  const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
  return {
    port: env.AGENT_PORT,
    url,
    host: isLocal ? "127.0.0.1" : "0.0.0.0",
    database: { url: env.SUPABASE_DB_URL, role: env.DATABASE_ROLE, size: env.DATABASE_POOL_SIZE },
    languageModel:
      env.LLM_BASE_URL === undefined || env.LLM_MODEL === undefined
        ? undefined
        : { baseUrl: env.LLM_BASE_URL, apiKey: env.LLM_API_KEY, model: env.LLM_MODEL },
    logLevel: env.LOG_LEVEL,
  };
}
