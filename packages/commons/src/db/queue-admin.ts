// What people and bulk producers do with the queues: each function is the SQL function of the same name.
import type { Json } from "../json.ts";
import { callValue, type Database } from "./database.ts";
import type { QueueName } from "./queue.ts";

/** A piece of work to be queued. */
export interface NewQueueMessage {
  readonly laneId: string;
  readonly tenantId: string;
  readonly kind: string;
  readonly payload: Json;
  readonly correlationId: string;
  /** 0 to 9; 5 when left out. */
  readonly priority?: number;
  /** The same key again, within a week, is the same work. */
  readonly idempotencyKey?: string;
  /** Not before then. */
  readonly runAt?: Date;
}

/** Queues many pieces of work at once; returns how many were new. See enqueue_messages.sql. */
export async function enqueueMessages(
  db: Database,
  shard: number,
  queue: QueueName,
  messages: readonly NewQueueMessage[],
): Promise<number> {
  const list = messages.map((message) => ({
    lane_id: message.laneId,
    tenant_id: message.tenantId,
    kind: message.kind,
    payload: message.payload,
    correlation_id: message.correlationId,
    priority: message.priority ?? null,
    idempotency_key: message.idempotencyKey ?? null,
    run_at: message.runAt?.toISOString() ?? null,
  }));
  return await callValue(db, "enqueue_messages", { p_shard: shard, p_queue: queue, p_messages: list });
}

/** Moves scheduled work that is due into its lanes; returns how much. See promote_scheduled.sql. */
export async function promoteScheduled(db: Database, shard: number, limit = 1000): Promise<number> {
  return await callValue(db, "promote_scheduled", { p_shard: shard, p_limit: limit });
}

/** A tenant in a queue, or a lane of it; neither: the whole queue. */
export type PauseScope = { readonly tenantId: string } | { readonly laneId: string } | Record<string, never>;

/** Keeps work back until resumeQueue. See pause_queue.sql. */
export async function pauseQueue(
  db: Database,
  shard: number,
  queue: QueueName,
  pause: { readonly scope: PauseScope; readonly reason: string },
): Promise<void> {
  await callValue(db, "pause_queue", {
    p_shard: shard,
    p_queue: queue,
    p_reason: pause.reason,
    ...scopeOf(pause.scope),
  });
}

/** Lifts a pause; returns whether there was one. See resume_queue.sql. */
export async function resumeQueue(db: Database, shard: number, queue: QueueName, scope: PauseScope): Promise<boolean> {
  return await callValue(db, "resume_queue", { p_shard: shard, p_queue: queue, ...scopeOf(scope) });
}

function scopeOf(scope: PauseScope) {
  if ("tenantId" in scope) return { p_tenant_id: scope.tenantId };
  return "laneId" in scope ? { p_lane_id: scope.laneId } : {};
}

/** Cancels work of a lane that no worker has in hand; returns how much. See cancel_queue_messages.sql. */
export async function cancelQueueMessages(
  db: Database,
  shard: number,
  queue: QueueName,
  lane: { readonly laneId: string; readonly from?: number; readonly upto?: number },
): Promise<number> {
  return await callValue(db, "cancel_queue_messages", {
    p_shard: shard,
    p_queue: queue,
    p_lane_id: lane.laneId,
    ...(lane.from === undefined ? {} : { p_from: lane.from }),
    ...(lane.upto === undefined ? {} : { p_upto: lane.upto }),
  });
}

/** Cancels what was enqueued under a key; returns whether it was. See cancel_queue_message.sql. */
export async function cancelQueueMessage(
  db: Database,
  shard: number,
  queue: QueueName,
  idempotencyKey: string,
): Promise<boolean> {
  const key = { p_shard: shard, p_queue: queue, p_idempotency_key: idempotencyKey };
  return await callValue(db, "cancel_queue_message", key);
}

/** Caps the lanes of a queue in work at once; null: no cap. See set_queue_limit.sql. */
export async function setQueueLimit(
  db: Database,
  shard: number,
  queue: QueueName,
  maxConcurrency: number | null,
): Promise<void> {
  await callValue(db, "set_queue_limit", { p_shard: shard, p_queue: queue, p_max_concurrency: maxConcurrency });
}
