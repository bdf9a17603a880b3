// The sweeper: heals and tidies what the queues' own work does not come back to. Every runner would do it, and so would every
// run of the queue-worker function; the one that leads does. Where pg_cron sweeps as well, that is harmless.
import { WEBHOOK_CONFIG } from "../config.ts";
import type { Database } from "../db/database.ts";
import { type Candidate, lead, type Swept, setRetention, sweepHistory, sweepShard } from "../db/sweeping.ts";
import type { Logger } from "../log.ts";

/** The name under which sweepers choose their leader. */
export const SWEEP_JOB = "sweep";
/** Transactions for one shard; what is left then waits for the next time. */
const MOST_ROUNDS = 20;

/** Who sweeps what. */
export interface SweepOptions extends Candidate {
  readonly shards: readonly number[];
  readonly log: Logger;
}

/**
 * Sweeps all shards and the history, when this worker leads.
 * @returns whether it leads
 * @throws DatabaseUnavailableError, StaleLeaseError when it lost the leadership on the way; what was swept stays swept
 */
export async function sweep(db: Database, options: SweepOptions): Promise<boolean> {
  for (const shard of options.shards) if (!(await sweepRounds(db, shard, options))) return false;
  if ((await lead(db, options)) === null) return false;
  const { keepDays } = WEBHOOK_CONFIG.dedupe;
  if (keepDays !== undefined) await setRetention(db, "processed_messages", keepDays);
  const { busy = [], ...history } = await sweepHistory(db);
  if (busy.length > 0) options.log.info("old partitions are in use; they are dropped later", { busy });
  options.log.debug("history swept", history);
  return true;
}

/** One shard, until nothing is left that a transaction was too short for; whether this worker leads. */
async function sweepRounds(db: Database, shard: number, options: SweepOptions): Promise<boolean> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    // Anew for every transaction: the lease need not be as long as all of them.
    const token = await lead(db, options);
    if (token === null) return false;
    const swept = await sweepShard(db, shard, token);
    if (swept === null) return true;
    report(swept, shard, options.log);
    if (!swept.more) return true;
  }
  return true;
}

function report({ healed, ...rest }: NonNullable<Swept>, shard: number, log: Logger): void {
  if (healed.length > 0)
    log.warn("lanes were healed", { shard, healed: healed.map(({ healed: what, lane_id }) => `${what} ${lane_id}`) });
  log.debug("swept", { shard, ...rest });
}
