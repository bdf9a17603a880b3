// The outbox's part of the engine: each function is the SQL function of the same name.
import { z } from "zod";
import type { JsonObject } from "../json.ts";
import { callParsed, callValue, type Database } from "./database.ts";
import type { ClaimedLane } from "./queue.ts";

const startedAttempt = z.discriminatedUnion("action", [
  z.object({ action: z.enum(["done", "wait"]) }),
  z.object({
    action: z.literal("send"),
    attempt_no: z.number().int(),
    account_id: z.uuid(),
    // Checked by the handler: a message that cannot be sent must be refused, not forgotten between begun and ended.
    recipient: z.json(),
    content: z.json(),
    correlation_id: z.string(),
  }),
]);
/** What to do about the head of an outbound lane; 'done' and 'wait': nothing, the lane has been given back. */
export type StartedAttempt = z.infer<typeof startedAttempt>;

/** Which message of a lane an attempt is about. */
export interface OutboundHead {
  readonly seq: number;
  readonly outboundId: string;
}

/** Records that a message is about to be sent. See start_outbound_attempt.sql. */
export async function startOutboundAttempt(
  db: Database,
  lane: ClaimedLane,
  head: OutboundHead,
  worker: string,
): Promise<StartedAttempt> {
  const args = { ...headOf(lane, head), p_worker: worker };
  return await callParsed(db, "start_outbound_attempt", { args, result: startedAttempt });
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

function headOf(lane: ClaimedLane, head: OutboundHead) {
  return {
    p_shard: lane.shard,
    p_lane_id: lane.laneId,
    p_token: lane.token,
    p_seq: head.seq,
    p_outbound_id: head.outboundId,
  };
}
