// The queue's part of the engine: each function is the SQL function of the same name.
import type { Json, JsonObject } from "../json.ts";
import { callRows, callValue, type Database } from "./database.ts";

/** The queues. */
export type QueueName = "inbound" | "outbound" | "webhook" | "media";

/** One piece of work in a lane. */
export interface QueueMessage {
  readonly seq: number;
  readonly kind: string;
  readonly payload: Json;
  readonly correlationId: string;
  readonly enqueuedAt: string;
}

/** A lane under our lease, with its head and the burst behind it. */
export interface ClaimedLane {
  readonly shard: number;
  readonly queue: QueueName;
  readonly laneId: string;
  /** Must be presented by every write. */
  readonly token: number;
  /** Claims of the head so far, this one included. */
  readonly tries: number;
  readonly tenantId: string;
  /** How long the lease holds without a sign of life. */
  readonly leaseSeconds: number;
  /** When the lane that had waited longest became due, as the claim saw it; for the next claim's `after`. */
  readonly since: string | null;
  /** Never empty, in order. */
  readonly messages: readonly QueueMessage[];
}

/** How many lanes to claim, how much of each, and for how long. */
export interface ClaimOptions {
  readonly worker: string;
  readonly lanes: number;
  readonly perLane: number;
  readonly leaseSeconds: number;
  /** Passes over what became due before then: the `since` of a claim a moment ago. Leave it out once a second. */
  readonly after?: string | undefined;
}

/** Claims lanes. See get_next_queue_message.sql. */
export async function getNextQueueMessage(
  db: Database,
  shard: number,
  queue: QueueName,
  options: ClaimOptions,
): Promise<ClaimedLane[]> {
  const rows = await callRows(db, "get_next_queue_message", {
    p_shard: shard,
    p_queue: queue,
    p_worker: options.worker,
    p_lanes: options.lanes,
    p_per_lane: options.perLane,
    p_lease: seconds(options.leaseSeconds),
    p_after: options.after ?? "-infinity",
  });
  const lanes = Map.groupBy(rows, (row) => row.token);
  return [...lanes.values()].flatMap((burst) => {
    const [head] = burst;
    if (head === undefined) return [];
    const messages = burst.map((row) => ({
      seq: row.seq,
      kind: row.kind,
      payload: row.payload,
      correlationId: row.correlation_id,
      enqueuedAt: row.enqueued_at,
    }));
    return [
      {
        shard,
        queue,
        laneId: head.lane_id,
        token: head.token,
        tries: head.tries,
        tenantId: head.tenant_id,
        leaseSeconds: options.leaseSeconds,
        since: head.since,
        messages,
      },
    ];
  });
}

/** Marks a leased lane's messages up to `upto` as done. See complete_queue_messages.sql. */
export async function completeQueueMessages(db: Database, lane: ClaimedLane, upto: number): Promise<void> {
  await callValue(db, "complete_queue_messages", { ...leaseOf(lane), p_upto: upto });
}

/** Why a try failed, how many there are, and how soon the next may be; without a time, the engine's backoff decides. */
export interface FailedTry {
  readonly error: JsonObject;
  readonly maxTries: number;
  readonly retryAfterSeconds?: number | undefined;
}

/** Gives a lane back after a failure. See schedule_message_retry.sql. */
export async function scheduleMessageRetry(
  db: Database,
  lane: ClaimedLane,
  upto: number,
  failure: FailedTry,
): Promise<"retry" | "dead"> {
  const args = { ...leaseOf(lane), p_upto: upto, ...failureOf(failure) };
  return (await callValue(db, "schedule_message_retry", args)) === "dead" ? "dead" : "retry";
}

/** Gives a lane back untouched, to be claimed again from `at` on. See hold_lane.sql. */
export async function holdLane(db: Database, lane: ClaimedLane, at: Date): Promise<void> {
  await callValue(db, "hold_lane", { ...leaseOf(lane), p_at: at.toISOString() });
}

/** A sign of life for a lease. See extend_lease.sql. */
export async function extendLease(db: Database, lane: ClaimedLane, leaseSeconds: number): Promise<void> {
  await callValue(db, "extend_lease", { ...leaseOf(lane), p_lease: seconds(leaseSeconds) });
}

/** When the next lane becomes claimable, `after` as for a claim; null: nothing waits. See next_queue_at.sql. */
export async function nextQueueAt(
  db: Database,
  shard: number,
  queue: QueueName,
  after?: string | undefined,
): Promise<Date | null> {
  const args = { p_shard: shard, p_queue: queue, p_after: after ?? "-infinity" };
  const at: string | null = await callValue(db, "next_queue_at", args);
  return at === null ? null : new Date(at);
}

/** Says that a worker of a queue sleeps at most so long and wants to be woken; without a time, that it is awake. See set_doorbell.sql. */
export async function setDoorbell(
  db: Database,
  queue: QueueName,
  { worker, sleepSeconds }: { worker: string; sleepSeconds?: number },
): Promise<void> {
  const p_for = sleepSeconds === undefined ? null : seconds(sleepSeconds);
  await callValue(db, "set_doorbell", { p_queue: queue, p_worker: worker, p_for });
}

/** Says that a worker process is alive. See worker_heartbeat.sql. */
export async function workerHeartbeat(
  db: Database,
  id: string,
  kind: "runner" | "function",
  detail: JsonObject,
): Promise<void> {
  await callValue(db, "worker_heartbeat", { p_id: id, p_kind: kind, p_detail: detail });
}

/** Says that a worker process stopped in order. See worker_goodbye.sql. */
export async function workerGoodbye(db: Database, id: string): Promise<void> {
  await callValue(db, "worker_goodbye", { p_id: id });
}

/** The parameters that name a lease. */
function leaseOf(lane: ClaimedLane) {
  return { p_shard: lane.shard, p_queue: lane.queue, p_lane_id: lane.laneId, p_token: lane.token };
}

/** The parameters that tell of a failed try. */
export function failureOf({ error, maxTries, retryAfterSeconds }: FailedTry) {
  const p_retry_after = retryAfterSeconds === undefined ? null : seconds(retryAfterSeconds);
  return { p_error: error, p_max_tries: maxTries, p_retry_after };
}

/** A length of time as Postgres reads it. */
export function seconds(value: number): string {
  return `${value} seconds`;
}
