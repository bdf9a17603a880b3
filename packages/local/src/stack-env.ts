// The settings of one local platform: what the caller (or .env) sets, and what the platform makes up itself.
import { readSettings } from "@switchboard/commons/env.ts";
import type { Keys } from "./keys.ts";
import type { DatabaseUrls } from "./platform.ts";

/** Variables by name. */
export type Env = Record<string, string>;

/** The ports of one local platform. */
export interface StackPorts {
  readonly gateway: number;
  readonly postgres: number;
  readonly simulator: number;
  readonly inbox: number;
  readonly runner: number;
  /** One copy of the agent service for each. */
  readonly agents: readonly number[];
}

/**
 * The ports, from the caller or else the settings.
 * @param env - the settings
 * @param ports - the caller's wishes
 */
export function stackPorts(env: Env, ports: Partial<StackPorts> = {}): StackPorts {
  const read = readSettings(
    ["GATEWAY_PORT", "POSTGRES_PORT", "SIMULATOR_PORT", "INBOX_PORT", "RUNNER_PORT", "AGENTS_PORTS"],
    env,
  );
  return {
    gateway: ports.gateway ?? read.GATEWAY_PORT,
    postgres: ports.postgres ?? read.POSTGRES_PORT,
    simulator: ports.simulator ?? read.SIMULATOR_PORT,
    inbox: ports.inbox ?? read.INBOX_PORT,
    runner: ports.runner ?? read.RUNNER_PORT,
    agents: ports.agents ?? read.AGENTS_PORTS,
  };
}

/**
 * The addresses of a platform.
 * @param ports - its ports
 * @param database - its connection strings
 */
export function stackUrls(ports: StackPorts, database: DatabaseUrls) {
  const at = (port: number) => `http://127.0.0.1:${port}`;
  const gateway = at(ports.gateway);
  return {
    gateway,
    rest: `${gateway}/rest/v1`,
    auth: `${gateway}/auth/v1`,
    functions: `${gateway}/functions/v1`,
    webhook: `${gateway}/functions/v1/wa-webhook/cloud-api`,
    api: `${gateway}/functions/v1/api/v1`,
    simulator: at(ports.simulator),
    inbox: at(ports.inbox),
    runner: at(ports.runner),
    agents: ports.agents.map(at),
    database: database.postgres,
    databaseAdmin: database.admin,
  };
}

/** What the whole environment is made of. */
export interface EnvParts {
  /** The caller's settings; they win over everything but the platform's own addresses and keys. */
  readonly env: Env;
  readonly ports: StackPorts;
  readonly dataDir: string;
  readonly keys: Keys;
  readonly urls: DatabaseUrls;
  readonly jwks: unknown;
}

/** Settings that only concern this machine and are no secrets of the deployed project. */
const LOCAL_ONLY = /^(.*_PORTS?|DATA_DIR|AGENT_URL|SUPABASE_.*|SIMULATOR_WEBHOOK_URL)$/;

/**
 * Every variable that a program of this platform needs.
 * @param parts - settings, ports, keys and addresses
 */
export function stackEnv({ env, ports, dataDir, keys, urls, jwks }: EnvParts): Env {
  const { gateway, simulator, webhook } = stackUrls(ports, urls);
  return {
    // Locally nothing is sent to Meta unless .env says so.
    GRAPH_API_URL: simulator,
    MEDIA_HOSTS: new URL(simulator).host,
    WHATSAPP_APP_SECRETS: keys.appSecret,
    WHATSAPP_VERIFY_TOKEN: keys.verifyToken,
    MASTER_KEYS: keys.masterKeys,
    SIMULATOR_WEBHOOK_URL: webhook,
    ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== "")),
    GATEWAY_PORT: String(ports.gateway),
    POSTGRES_PORT: String(ports.postgres),
    SIMULATOR_PORT: String(ports.simulator),
    INBOX_PORT: String(ports.inbox),
    RUNNER_PORT: String(ports.runner),
    AGENTS_PORTS: ports.agents.join(","),
    DATA_DIR: dataDir,
    SUPABASE_URL: gateway,
    SUPABASE_DB_URL: urls.postgres,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey }),
    SUPABASE_JWKS: JSON.stringify(jwks),
  };
}

/**
 * What `supabase secrets set` would hold: the settings that the functions need, and nothing about this machine.
 * @param env - the whole environment
 */
export function functionSecrets(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !LOCAL_ONLY.test(name)));
}

/** What the platform gives every function, with the legacy keys that are tokens. */
export function platformEnv(env: Env, legacy: { readonly anon: string; readonly serviceRole: string }): Env {
  const given = Object.entries(env).filter(([name]) => name.startsWith("SUPABASE_"));
  return {
    ...Object.fromEntries(given),
    SUPABASE_ANON_KEY: legacy.anon,
    SUPABASE_SERVICE_ROLE_KEY: legacy.serviceRole,
  };
}
