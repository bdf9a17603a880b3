// The turns' part of the engine: each function is the SQL function of the same name.
import { z } from "zod";
import { memoryMessage, type WorkflowStep } from "../agent-contract.ts";
import type { JsonObject } from "../json.ts";
import { mediaKinds } from "../media.ts";
import type { OutboundContent } from "../outbound.ts";
import { callParsed, callRows, callValue, type Database } from "./database.ts";
import { type ClaimedLane, type FailedTry, failureOf } from "./queue.ts";

const storedFile = z.object({
  kind: z.enum(mediaKinds),
  mime_type: z.string(),
  size_bytes: z.number(),
  filename: z.string().nullable(),
  storage_path: z.string(),
});
/** The file of a message, as it lies in Storage. */
export type StoredFile = z.infer<typeof storedFile>;

const startedTurn = z.object({
  action: z.enum(["answer", "skip"]),
  reason: z.string().nullable(),
  turn_id: z.uuid(),
  correlation_id: z.string(),
  service: z.string(),
  account: z.object({ id: z.uuid(), provider: z.string() }),
  tenant: z.object({ id: z.uuid(), slug: z.string(), name: z.string(), ai_disclosure: z.string().nullable() }),
  conversation: z.object({ id: z.uuid(), person_requested: z.boolean() }),
  contact: z.object({ name: z.string().nullable() }),
  session: z.object({ id: z.uuid(), is_new: z.boolean() }),
  memory: z.array(memoryMessage),
  workflows: z.array(
    z.object({
      id: z.uuid(),
      name: z.string(),
      step: z.string(),
      status: z.enum(["waiting", "running"]),
      state: z.record(z.string(), z.json()),
      version: z.number(),
      expires_at: z.string().nullable(),
      timer: z.enum(["remind", "timeout", "continue"]).nullable(),
    }),
  ),
  messages: z.array(
    z.object({
      id: z.uuid(),
      provider_message_id: z.string(),
      type: z.string(),
      text: z.string(),
      content: z.record(z.string(), z.json()),
      media: z.enum(["pending", "ready", "failed"]).nullable(),
      file: storedFile.nullable(),
      at: z.string(),
      correlation_id: z.string(),
    }),
  ),
});
/** Everything that is needed to answer a burst. */
export type StartedTurn = z.infer<typeof startedTurn>;

/** How a turn ended. No replies: it was skipped, for `reason`. */
export interface TurnResult {
  readonly replies: readonly { readonly body: string; readonly content: OutboundContent }[];
  readonly actions?: readonly JsonObject[];
  readonly workflows?: readonly WorkflowStep[];
  readonly usage?: JsonObject;
  readonly toolCalls?: readonly JsonObject[] | undefined;
  readonly endpoint?: string;
  readonly calledAt?: Date;
  readonly milliseconds?: number;
  readonly reason?: string | null;
}

/** Loads what is needed to answer a leased lane up to `upto`. See start_turn.sql. */
export async function startTurn(db: Database, lane: ClaimedLane, upto: number): Promise<StartedTurn> {
  const args = { p_shard: lane.shard, p_lane_id: lane.laneId, p_token: lane.token, p_upto: upto };
  return await callParsed(db, "start_turn", { args, result: startedTurn });
}

/**
 * Ends a turn: replies queued, memory updated, messages done, in one transaction. See complete_turn.sql.
 * @returns the number of replies; null: the customer wrote more or a workflow was moved by somebody else meanwhile, the
 *   answer was dropped and the lane given back
 */
export async function completeTurn(
  db: Database,
  lane: ClaimedLane,
  upto: number,
  turnId: string,
  result: TurnResult,
): Promise<number | null> {
  return await callValue(db, "complete_turn", {
    p_shard: lane.shard,
    p_lane_id: lane.laneId,
    p_token: lane.token,
    p_upto: upto,
    p_turn_id: turnId,
    p_result: {
      replies: result.replies.map(({ body, content }) => ({ body, content })),
      actions: result.actions ?? [],
      workflows: (result.workflows ?? []).map(({ waitSeconds, remindSeconds, ...step }) => ({
        ...step,
        wait_s: waitSeconds,
        remind_s: remindSeconds,
      })),
      usage: result.usage ?? {},
      tool_calls: result.toolCalls,
      endpoint: result.endpoint,
      called_at: result.calledAt?.toISOString(),
      ms: result.milliseconds,
      reason: result.reason,
    },
  });
}

/** Records a failed try of a turn. See fail_turn.sql. */
export async function failTurn(
  db: Database,
  lane: ClaimedLane,
  upto: number,
  failure: FailedTry,
): Promise<"retry" | "dead"> {
  const lease = { p_shard: lane.shard, p_lane_id: lane.laneId, p_token: lane.token };
  const outcome = await callValue(db, "fail_turn", { ...lease, p_upto: upto, ...failureOf(failure) });
  return outcome === "dead" ? "dead" : "retry";
}

/** Which of these leased lanes have a turn, up to the number beside it, that is out of date. See superseded_turns.sql. */
export async function supersededTurns(
  db: Database,
  shard: number,
  turns: readonly { readonly laneId: string; readonly upto: number }[],
): Promise<string[]> {
  const rows = await callRows(db, "superseded_turns", {
    p_shard: shard,
    p_turns: turns.map(({ laneId, upto }) => ({ lane_id: laneId, upto })),
  });
  return rows.map((row) => row.lane_id);
}

/** Gives the lane of a superseded turn back. See supersede_turn.sql. */
export async function supersedeTurn(db: Database, lane: ClaimedLane, turnId: string): Promise<void> {
  const lease = { p_shard: lane.shard, p_lane_id: lane.laneId, p_token: lane.token };
  await callValue(db, "supersede_turn", { ...lease, p_turn_id: turnId });
}
