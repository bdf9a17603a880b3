// The simulator's settings: read from the environment in main.ts, given directly in tests.
import { readSettings } from "@switchboard/commons/env.ts";
import type { BusinessNumber } from "./types.ts";

/** Everything that the simulator is told from outside. */
export type SimulatorConfig = {
  readonly port: number;
  /** The business's door: where webhooks go. */
  readonly webhookUrl: string;
  /** Signs the webhooks. */
  readonly appSecret: string;
  readonly verifyToken: string;
  /** What the Graph API accepts as Bearer token. */
  readonly accessToken: string;
  readonly numbers: readonly BusinessNumber[];
  /** Where the system's own steps of a trace come from; without it only the outer steps are shown. */
  readonly trace?: { readonly supabaseUrl: string; readonly secretKey: string };
};

/** The business number of the demo. */
export const demoNumber: BusinessNumber = {
  phoneNumberId: "100000000000001",
  wabaId: "200000000000001",
  displayPhoneNumber: "+1 555 010 0001",
  verifiedName: "Luna Bistro",
};

/**
 * Reads the settings.
 * @throws ConfigError naming what is missing
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): SimulatorConfig {
  const settings = readSettings(
    [
      "SIMULATOR_PORT",
      "SIMULATOR_WEBHOOK_URL",
      "WHATSAPP_APP_SECRETS",
      "WHATSAPP_VERIFY_TOKEN",
      "SIMULATOR_ACCESS_TOKEN",
    ],
    env,
  );
  const trace = readTrace(env);
  return {
    port: settings.SIMULATOR_PORT,
    webhookUrl: settings.SIMULATOR_WEBHOOK_URL,
    appSecret: settings.WHATSAPP_APP_SECRETS[0] ?? "",
    verifyToken: settings.WHATSAPP_VERIFY_TOKEN,
    accessToken: settings.SIMULATOR_ACCESS_TOKEN,
    numbers: [demoNumber],
    ...(trace === undefined ? {} : { trace }),
  };
}

function readTrace(env: Readonly<Record<string, string | undefined>>): SimulatorConfig["trace"] {
  if (!env.SUPABASE_URL || !env.SUPABASE_SECRET_KEYS) return undefined;
  const settings = readSettings(["SUPABASE_URL", "SUPABASE_SECRET_KEYS"], env);
  const secretKey = settings.SUPABASE_SECRET_KEYS.default ?? Object.values(settings.SUPABASE_SECRET_KEYS)[0];
  return secretKey === undefined ? undefined : { supabaseUrl: settings.SUPABASE_URL.replace(/\/$/, ""), secretKey };
}
