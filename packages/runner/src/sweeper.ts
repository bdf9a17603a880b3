// Sweeps the queues while this runner is the leader among all of them, and stands by while another one is.
import type { Database } from "@switchboard/commons/db/database.ts";
import { lead, resign } from "@switchboard/commons/db/sweeping.ts";
import { SWEEP_JOB, type SweepOptions, sweep } from "@switchboard/commons/work/sweep.ts";

/** How long a leader that died keeps the others from sweeping. */
const LEASE_SECONDS = 30;
const SWEEP_EVERY_SECONDS = 60;

/** What is swept and by whom; the rest has its defaults and is there for tests. */
export type SweeperOptions = Pick<SweepOptions, "worker" | "shards" | "log"> &
  Partial<Pick<SweepOptions, "job" | "leaseSeconds">> & {
    readonly everySeconds?: number;
    /** What else the leader does, after each sweep. */
    readonly afterwards?: (signal: AbortSignal) => Promise<unknown>;
  };

/**
 * Asks three times within a lease whether it leads, and sweeps once in `everySeconds`, for the first time as soon as it leads.
 * A database that is away is logged and tried again.
 * @returns a function that stops it and lets another runner lead at once. Never throws.
 */
export function startSweeping(db: Database, options: SweeperOptions): () => Promise<void> {
  const { everySeconds = SWEEP_EVERY_SECONDS, log } = options;
  const sweeping = { job: SWEEP_JOB, leaseSeconds: LEASE_SECONDS, ...options };
  let sweptAt = Number.NEGATIVE_INFINITY;
  let working: Promise<void> | undefined;
  const stopping = new AbortController();

  const tick = async () => {
    if (performance.now() - sweptAt < everySeconds * 1000) {
      if ((await lead(db, sweeping)) === null) sweptAt = Number.NEGATIVE_INFINITY;
    } else if (await sweep(db, sweeping)) {
      sweptAt = performance.now();
      await options.afterwards?.(stopping.signal);
    }
  };
  const timer = setInterval(
    () => {
      // A sweep that takes long is not joined by another.
      working ??= tick()
        .catch((error) => log.warn("the queues could not be swept", { error }))
        .finally(() => {
          working = undefined;
        });
    },
    (sweeping.leaseSeconds * 1000) / 3,
  );
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await working;
    await resign(db, sweeping).catch((error) => log.warn("the leadership could not be given back", { error }));
  };
}
