// The agent service as a program: `node packages/agents/src/main.ts`. Any number of copies may run.
import { createDatabase } from "@switchboard/commons/db/database.ts";
import { ConfigError } from "@switchboard/commons/env.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import manifest from "../package.json" with { type: "json" };
import { agents } from "./agents/index.ts";
import { PortUnavailableError, startServer } from "./server.ts";
import { readAgentSettings } from "./settings.ts";

async function main(): Promise<void> {
  const settings = readAgentSettings();
  const log = createLogger("agents", settings.logLevel);
  const db = createDatabase({
    ...settings.database,
    applicationName: "switchboard-agents",
    onIdleError: (error) => log.warn("database connection lost", { error }),
  });
  const server = await startServer({ settings, agents, db, log, version: manifest.version });
  let stopping = false;
  const stop = async () => {
    // A second signal does not wait any longer.
    if (stopping) process.exit(1);
    stopping = true;
    const finished = await server.stop();
    await db.end();
    process.exit(finished ? 0 : 1);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof PortUnavailableError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
