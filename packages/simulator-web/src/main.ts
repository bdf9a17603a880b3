// Starts the WhatsApp Web server: `node src/main.ts`. Settings come from the environment (see .env.example).
import { readSettings } from "@switchboard/commons/env.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { readConfig } from "./config.ts";
import { startWebSimulator, type WebSimulator } from "./server.ts";

function explain(error: unknown): string {
  if (error instanceof Error && "code" in error && error.code === "EADDRINUSE")
    return "The port is taken. Set WEB_SIMULATOR_PORT to a free one, or stop the program that uses it.";
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<void> {
  let simulator: WebSimulator;
  try {
    simulator = await startWebSimulator(readConfig());
  } catch (error) {
    createLogger("simulator-web").error(explain(error));
    process.exit(1);
  }
  const log = createLogger("simulator-web", readSettings(["LOG_LEVEL"]).LOG_LEVEL);
  log.info("WhatsApp Web is ready", { url: simulator.url, socketUrl: simulator.socketUrl });
  const end = () => {
    simulator.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
}

await main();
