// What sweepers do, and how one of them is chosen: each function is the SQL function of the same name.
import { z } from "zod";
import { callParsed, callValue, type Database } from "./database.ts";
import { seconds } from "./queue.ts";

/** Who wants to lead, and for how long without another word. */
export interface Candidate {
  /** What only one process is to do. */
  readonly job: string;
  readonly worker: string;
  readonly leaseSeconds: number;
}

/** Takes or renews the leadership; its fencing token, or null while somebody else leads. See lead.sql. */
export async function lead(db: Database, candidate: Candidate): Promise<number | null> {
  const { job, worker, leaseSeconds } = candidate;
  return await callValue(db, "lead", { p_job: job, p_worker: worker, p_ttl: seconds(leaseSeconds) });
}

/** Gives the leadership back; whether it was ours. See resign.sql. */
export async function resign(db: Database, candidate: Candidate): Promise<boolean> {
  return await callValue(db, "resign", { p_job: candidate.job, p_worker: candidate.worker });
}

const swept = z
  .object({
    promoted: z.number(),
    healed: z.array(z.object({ healed: z.string(), queue: z.string(), lane_id: z.string() })),
    locks: z.number(),
    timers: z.number(),
    removed: z.record(z.string(), z.number()),
    more: z.boolean(),
  })
  .nullable();
/** What was done in a shard; `more`: call again. Null: somebody else is sweeping it. */
export type Swept = z.infer<typeof swept>;

/**
 * Sweeps a shard. See sweep.sql.
 * @param token - of the leader that calls
 * @throws StaleLeaseError when it is not the leader any more
 */
export async function sweepShard(db: Database, shard: number, token: number): Promise<Swept> {
  return await callParsed(db, "sweep", { args: { p_shard: shard, p_token: token }, result: swept });
}

/** Changes how long something is kept, at least a day. See set_retention.sql. */
export async function setRetention(db: Database, what: string, keepDays: number): Promise<void> {
  await callValue(db, "set_retention", { p_what: what, p_keep: `${keepDays} days` });
}

const sweptHistory = z.object({
  prepared: z.number(),
  dropped: z.array(z.string()).optional(),
  busy: z.array(z.string()).optional(),
  deleted: z.number().optional(),
});
/** What became of the partitions; without `dropped`, somebody else was at it. */
export type SweptHistory = z.infer<typeof sweptHistory>;

/** Makes the partitions of the days to come and drops those that are old. See sweep_history.sql. */
export async function sweepHistory(db: Database): Promise<SweptHistory> {
  return await callParsed(db, "sweep_history", { args: {}, result: sweptHistory });
}
