// Work that failed to its last try: list it, look at it, replay it, discard it. Each function is the SQL function of the
// same name.
import type { Json } from "../json.ts";
import { callRows, callValue, type Database } from "./database.ts";
import type { QueueName } from "./queue.ts";

/** Which dead letters; what is left out does not matter. */
export interface DeadLetterFilter {
  readonly queue?: QueueName;
  readonly tenantId?: string;
  /** Died then or later. */
  readonly since?: Date;
  /** The error's code. */
  readonly code?: string;
  readonly limit?: number;
}

/** A dead letter without its payload. */
export interface DeadLetter {
  readonly id: string;
  readonly queue: string;
  readonly laneId: string;
  readonly seq: number;
  readonly tenantId: string;
  readonly kind: string;
  readonly correlationId: string;
  readonly tries: number;
  readonly error: Json;
  readonly enqueuedAt: string;
  readonly deadAt: string;
}

/**
 * The open dead letters, oldest first. See list_dead_letters.sql.
 * @param after - the last letter of the page before
 */
export async function listDeadLetters(
  db: Database,
  shard: number,
  { after, ...filter }: DeadLetterFilter & { readonly after?: Pick<DeadLetter, "id" | "deadAt"> } = {},
): Promise<DeadLetter[]> {
  const page = after === undefined ? {} : { p_after_at: after.deadAt, p_after_id: after.id };
  return (await callRows(db, "list_dead_letters", { p_shard: shard, ...filterOf(filter), ...page })).map(toLetter);
}

/** One dead letter with its payload; undefined: there is none. See get_dead_letter.sql. */
export async function getDeadLetter(
  db: Database,
  shard: number,
  id: string,
): Promise<(DeadLetter & { readonly payload: Json }) | undefined> {
  const [row] = await callRows(db, "get_dead_letter", { p_shard: shard, p_id: id });
  return row === undefined ? undefined : { ...toLetter(row), payload: row.payload };
}

/** Puts a dead letter back at the end of its lane; returns its new number. See replay_dead_letter.sql. */
export async function replayDeadLetter(db: Database, shard: number, id: string): Promise<number> {
  return await callValue(db, "replay_dead_letter", { p_shard: shard, p_id: id });
}

/** Replays all that a filter finds; returns how many. See replay_dead_letters.sql. */
export async function replayDeadLetters(db: Database, shard: number, filter: DeadLetterFilter): Promise<number> {
  return await callValue(db, "replay_dead_letters", { p_shard: shard, ...filterOf(filter) });
}

/** Decides that a dead letter is not to be done any more. See discard_dead_letter.sql. */
export async function discardDeadLetter(db: Database, shard: number, id: string, reason: string): Promise<void> {
  await callValue(db, "discard_dead_letter", { p_shard: shard, p_id: id, p_reason: reason });
}

/** Discards all that a filter finds; returns how many. See discard_dead_letters.sql. */
export async function discardDeadLetters(
  db: Database,
  shard: number,
  filter: DeadLetterFilter,
  reason: string,
): Promise<number> {
  return await callValue(db, "discard_dead_letters", { p_shard: shard, p_reason: reason, ...filterOf(filter) });
}

function filterOf(filter: DeadLetterFilter) {
  return {
    p_queue: filter.queue ?? null,
    p_tenant_id: filter.tenantId ?? null,
    p_since: filter.since?.toISOString() ?? null,
    p_code: filter.code ?? null,
    ...(filter.limit === undefined ? {} : { p_limit: filter.limit }),
  };
}

function toLetter(row: {
  readonly id: string;
  readonly queue: string;
  readonly lane_id: string;
  readonly seq: number;
  readonly tenant_id: string;
  readonly kind: string;
  readonly correlation_id: string;
  readonly tries: number;
  readonly error: Json;
  readonly enqueued_at: string;
  readonly dead_at: string;
}): DeadLetter {
  return {
    id: row.id,
    queue: row.queue,
    laneId: row.lane_id,
    seq: row.seq,
    tenantId: row.tenant_id,
    kind: row.kind,
    correlationId: row.correlation_id,
    tries: row.tries,
    error: row.error,
    enqueuedAt: row.enqueued_at,
    deadAt: row.dead_at,
  };
}
