// Tells the doors that a runner is alive: while one is, they leave the work to it.
import type { Database } from "@switchboard/commons/db/database.ts";
import { workerGoodbye, workerHeartbeat } from "@switchboard/commons/db/queue.ts";
import type { JsonObject } from "@switchboard/commons/json.ts";
import type { Logger } from "@switchboard/commons/log.ts";

/** A third of what runner_is_alive.sql allows between two signs of life. */
const INTERVAL_MS = 5_000;

/** What is told. */
export interface HeartbeatOptions {
  readonly worker: string;
  /** What is told with each sign of life. */
  readonly detail: () => JsonObject;
  readonly log: Logger;
}

/**
 * Gives the first sign of life, and goes on every few seconds. A database that is away is logged and tried again.
 * @returns a function that says goodbye: the doors look for somebody else at once. Never throws.
 */
export async function startHeartbeat(db: Database, options: HeartbeatOptions): Promise<() => Promise<void>> {
  const { worker, detail, log } = options;
  let beating: Promise<void> | undefined;
  const beat = () => {
    // A beat that hangs is not joined by another.
    beating ??= workerHeartbeat(db, worker, "runner", detail())
      .catch((error) => log.warn("no sign of life could be written", { error }))
      .finally(() => {
        beating = undefined;
      });
    return beating;
  };
  await beat();
  const timer = setInterval(() => void beat(), INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await beating;
    await workerGoodbye(db, worker).catch((error) => log.warn("no goodbye could be written", { error }));
  };
}
