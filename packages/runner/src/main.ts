// The runner: works the queues, woken by Postgres, and tells how it is on RUNNER_PORT. Any number of runners share the
// work; one that dies leaves nothing behind but leases that run out.
import { ConfigError, readSettings } from "@switchboard/commons/env.ts";
import { toError } from "@switchboard/commons/errors.ts";
import { createLogger, type Logger } from "@switchboard/commons/log.ts";
import { type HealthServer, PortUnavailableError, startHealthServer } from "./health.ts";
import { type Runner, runnerSettings, startRunner } from "./runner.ts";

/** How long work in hand may take when the runner is told to stop; what is not done then is given back. */
const GRACE_SECONDS = 10;
/** A runner that has not ended so long after its grace hangs on something, and its leases run out anyway. */
const LAST_SECONDS = 15;

async function main(): Promise<void> {
  const settings = readSettings(runnerSettings);
  const log = createLogger("runner", settings.LOG_LEVEL);
  let runner: Runner | undefined;
  const health = await startHealthServer(settings.RUNNER_PORT, () => runner?.status());
  stopOnSignal(log, () => stop(runner, health));
  surviveTheLibrary(log, () => runner);
  runner = await startRunner(settings, log);
  log.info("runner started", { worker: runner.worker, port: settings.RUNNER_PORT });
}

async function stop(runner: Runner | undefined, health: HealthServer): Promise<void> {
  await runner?.stop(GRACE_SECONDS);
  await health.close();
}

/** A promise that the WhatsApp library forgot must not end the connections of all linked devices; without any, it is our own. */
function surviveTheLibrary(log: Logger, runner: () => Runner | undefined): void {
  process.on("unhandledRejection", (reason) => {
    if (runner()?.status().fleet.sessions.length === 0) throw reason;
    log.error("a promise was rejected and nobody looked at it", { error: toError(reason) });
  });
}

/** Stops at the first signal; a second one does not wait any longer. */
function stopOnSignal(log: Logger, stopAll: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info("runner stops; work in hand is finished first", { signal });
    setTimeout(() => process.exit(1), (GRACE_SECONDS + LAST_SECONDS) * 1000).unref();
    stopAll().then(
      () => process.exit(0),
      (error) => {
        log.error("the runner could not stop in order; its leases will run out", { error });
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof PortUnavailableError)) throw error;
  createLogger("runner").error(error.message);
  process.exit(1);
}
