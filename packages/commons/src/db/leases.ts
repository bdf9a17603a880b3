// Leases on messages and conversations, for work outside of the queues. Each function is the SQL function of the same name.
import { callValue, type Database } from "./database.ts";
import { seconds } from "./queue.ts";

/** What a lease is on, and whose it is. */
export interface LeaseRequest {
  readonly shard: number;
  /** A message's key, or a conversation's id. */
  readonly key: string;
  readonly owner: string;
  readonly ttlSeconds: number;
}

/** A lease that was given: what gives it back. */
export interface HeldLease extends Omit<LeaseRequest, "ttlSeconds"> {
  readonly token: number;
}

/** Takes a lease on a message; its fencing token, or null when somebody has it. See acquire_message_lock.sql. */
export async function acquireMessageLock(db: Database, request: LeaseRequest): Promise<number | null> {
  return await callValue(db, "acquire_message_lock", {
    p_shard: request.shard,
    p_key: request.key,
    p_owner: request.owner,
    p_ttl: seconds(request.ttlSeconds),
  });
}

/** Gives it back; whether it was still ours. See release_message_lock.sql. */
export async function releaseMessageLock(db: Database, lease: HeldLease): Promise<boolean> {
  const args = { p_shard: lease.shard, p_key: lease.key, p_owner: lease.owner, p_token: lease.token };
  return await callValue(db, "release_message_lock", args);
}

/** Takes a lease on a conversation; its fencing token, or null when somebody has it. See acquire_conversation_lock.sql. */
export async function acquireConversationLock(db: Database, request: LeaseRequest): Promise<number | null> {
  return await callValue(db, "acquire_conversation_lock", {
    p_shard: request.shard,
    p_conversation_id: request.key,
    p_owner: request.owner,
    p_ttl: seconds(request.ttlSeconds),
  });
}

/** Gives it back; whether it was still ours. See release_conversation_lock.sql. */
export async function releaseConversationLock(db: Database, lease: HeldLease): Promise<boolean> {
  const args = { p_shard: lease.shard, p_conversation_id: lease.key, p_owner: lease.owner, p_token: lease.token };
  return await callValue(db, "release_conversation_lock", args);
}
