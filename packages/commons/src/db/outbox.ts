// The outbox's part of the engine: each function is the SQL function of the same name.
import { z } from "zod";
import type { JsonObject } from "../json.ts";
import { callParsed, callValue, type Database } from "./database.ts";
import type { ClaimedLane } from "./queue.ts";

const startedAttempt = z.discriminatedUnion("action", [
  z.object({ action: z.literal("done") }),
  z.object({ action: z.literal("wait"), why: z.string().optional() }),
  z.object({
    action: z.literal("send"),
    attempt_no: z.number().int(),
    account_id: z.uuid(),
    credentials_at: z.string().nullable(),
    // Checked by the handler: a message that cannot be sent must be refused, not forgotten between begun and ended.
    recipient: z.json(),
    content: z.json(),
    correlation_id: z.string(),
    fresh_media: z.boolean(),
  }),
]);
/** What to do about the head of an outbound lane; 'done' and 'wait': nothing, the lane has been given back. */
export type StartedAttempt = z.infer<typeof startedAttempt>;

/** Which message of a lane an attempt is about. */
export interface OutboundHead {
  readonly seq: number;
  readonly outboundId: string;
}

/** Records that a message is to be sent. See start_outbound_attempt.sql. */
export async function startOutboundAttempt(
  db: Database,
  lane: ClaimedLane,
  head: OutboundHead,
  worker: string,
): Promise<StartedAttempt> {
  const args = { ...headOf(lane, head), p_worker: worker };
  return await callParsed(db, "start_outbound_attempt", { args, result: startedAttempt });
}

/** Records that the attempt leaves now; false: it may not. See mark_outbound_io.sql. */
export async function markOutboundIo(
  db: Database,
  lane: Pick<ClaimedLane, "shard" | "token">,
  attempt: { readonly outboundId: string; readonly number: number },
): Promise<boolean> {
  return await callValue(db, "mark_outbound_io", {
    p_shard: lane.shard,
    p_outbound_id: attempt.outboundId,
    p_attempt_no: attempt.number,
    p_token: lane.token,
  });
}

/** Records how an attempt ended. Returns the message's status. See finish_outbound_attempt.sql. */
export async function finishOutboundAttempt(
  db: Database,
  lane: ClaimedLane,
  head: OutboundHead,
  attempt: { readonly number: number; readonly outcome: JsonObject },
): Promise<string> {
  return await callValue(db, "finish_outbound_attempt", {
    ...headOf(lane, head),
    p_attempt_no: attempt.number,
    p_outcome: attempt.outcome,
  });
}

/** A message of a tenant's. */
export interface OutboundRef {
  readonly shard: number;
  readonly tenantId: string;
  readonly outboundId: string;
}

/** Sends a message again because a person says so; returns its status. See retry_outbound_message.sql. */
export async function retryOutboundMessage(db: Database, ref: OutboundRef): Promise<string> {
  return await callValue(db, "retry_outbound_message", refOf(ref));
}

/** Gives up a message that has not left; returns its status. See cancel_outbound_message.sql. */
export async function cancelOutboundMessage(db: Database, ref: OutboundRef): Promise<string> {
  return await callValue(db, "cancel_outbound_message", refOf(ref));
}

/** Lets an account send again; returns whether anything kept it. See resume_account_sending.sql. */
export async function resumeAccountSending(
  db: Database,
  account: { readonly shard: number; readonly tenantId: string; readonly accountId: string; readonly by: string },
): Promise<boolean> {
  return await callValue(db, "resume_account_sending", {
    p_shard: account.shard,
    p_tenant_id: account.tenantId,
    p_account_id: account.accountId,
    p_by: account.by,
  });
}

function refOf({ shard, tenantId, outboundId }: OutboundRef) {
  return { p_shard: shard, p_tenant_id: tenantId, p_outbound_id: outboundId };
}

function headOf(lane: ClaimedLane, head: OutboundHead) {
  return {
    p_shard: lane.shard,
    p_lane_id: lane.laneId,
    p_token: lane.token,
    p_seq: head.seq,
    p_outbound_id: head.outboundId,
  };
}
