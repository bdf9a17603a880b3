// The settings of the WhatsApp Web server: read from the environment in main.ts, given directly in tests.
import { readSettings } from "@switchboard/commons/env.ts";

/** Everything that it is told from outside. */
export type WebSimulatorConfig = {
  /** Port of everything: sockets, media, test API. 0 takes a free one. */
  readonly port: number;
  /** File into which its certificate is written at the start, for NODE_EXTRA_CA_CERTS of clients. */
  readonly certificateFile?: string | undefined;
};

/**
 * Reads the settings.
 * @throws ConfigError naming what is wrong
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): WebSimulatorConfig {
  const settings = readSettings(["WEB_SIMULATOR_PORT", "WEB_SIMULATOR_CERTIFICATE_FILE"], env);
  return { port: settings.WEB_SIMULATOR_PORT, certificateFile: settings.WEB_SIMULATOR_CERTIFICATE_FILE };
}
