// Answers a turn: loads what is known, asks the agent through the registry while the customer sees that somebody is
// typing, and stores the answer. The agent is called without a connection or a transaction open.
import { type AgentAnswer, type AgentTurn, agentAnswer } from "../agent-contract.ts";
import type { ClaimedLane } from "../db/queue.ts";
import { completeTurn, failTurn, type StartedTurn, startTurn, supersedeTurn } from "../db/turns.ts";
import { errorToJson, WorkflowError } from "../errors.ts";
import type { OutboundContent } from "../outbound.ts";
import type { ContentLimits } from "../providers/provider.ts";
import { postJson } from "../services/post-json.ts";
import { fitContent } from "../text/fit-content.ts";
import { toWhatsAppFormat } from "../text/whatsapp-format.ts";
import type { HandlerContext, LaneHandler } from "./handler.ts";
import { persist } from "./persist.ts";
import { showTyping } from "./typing.ts";

/** Tries of a turn before it goes to the dead letters: with the backoff's cap of 5 minutes, about three quarters of an hour. */
const MAX_TRIES = 12;

/** The handler of the inbound queue. */
export const turnHandler: LaneHandler = {
  queue: "inbound",
  perLane: 50,
  handle: answerTurn,
  fail: (lane, context, error) =>
    failTurn(context.db, lane, lastSeq(lane), {
      error: errorToJson(error),
      maxTries: error instanceof WorkflowError && !error.retryable ? lane.tries : MAX_TRIES,
      retryAfterSeconds: error instanceof WorkflowError ? error.retryAfterSeconds : undefined,
    }),
};

async function answerTurn(lane: ClaimedLane, context: HandlerContext, signal: AbortSignal): Promise<void> {
  const upto = lastSeq(lane);
  const turn = await startTurn(context.db, lane, upto);
  const log = context.log.child({ turnId: turn.turn_id, correlationId: turn.correlation_id });
  if (turn.action === "skip") {
    await completeTurn(context.db, lane, upto, turn.turn_id, { replies: [], reason: turn.reason });
    log.info("turn skipped", { reason: turn.reason });
    return;
  }

  const { limits } = context.provider(turn.account.provider);
  const asked = await askUnlessSuperseded(turn, { lane, upto, context, signal });
  if (asked === undefined) {
    await persist(() => supersedeTurn(context.db, lane, turn.turn_id), signal);
    log.info("turn superseded while the agent worked", { messages: turn.messages.length });
    return;
  }
  const { answer, ...call } = asked;
  const replies = answer.replies.flatMap((reply) => toReplies(reply, limits));
  const { actions, usage, toolCalls } = answer;
  const result = { replies, actions, usage, toolCalls, ...call };
  const queued = await persist(() => completeTurn(context.db, lane, upto, turn.turn_id, result), signal);
  const facts = { messages: turn.messages.length, agentMs: call.milliseconds };
  if (queued === null) log.info("turn superseded when its answer came", facts);
  else log.info("turn answered", { ...facts, replies: queued });
}

/** Asks the agent while the customer sees that somebody is typing; undefined: the customer wrote more, the call was ended. */
async function askUnlessSuperseded(
  turn: StartedTurn,
  { lane, upto, context, signal }: { lane: ClaimedLane; upto: number; context: HandlerContext; signal: AbortSignal },
): Promise<AnsweredCall | undefined> {
  const stopTyping = showTyping(turn, lane.shard, context);
  const watched = context.turnWatch.begin(lane, upto);
  try {
    const either = AbortSignal.any([signal, watched.signal]);
    return await askAgent(turn, { shard: lane.shard, context, signal: either });
  } catch (error) {
    if (!watched.signal.aborted || signal.aborted) throw error;
    return undefined;
  } finally {
    watched.end();
    stopTyping();
  }
}

/** What is known of a call that was answered. */
interface AnsweredCall {
  readonly answer: AgentAnswer;
  readonly endpoint: string;
  readonly calledAt: Date;
  readonly milliseconds: number;
}

/** Asks the agent of a turn, through the registry. */
async function askAgent(
  turn: StartedTurn,
  { shard, context, signal }: { shard: number; context: HandlerContext; signal: AbortSignal },
): Promise<AnsweredCall> {
  const correlationId = turn.correlation_id;
  const body = JSON.stringify(toAgentTurn(turn, shard));
  const calledAt = new Date();
  let endpoint = "";
  const answer = await context.registry.call<AgentAnswer>(
    turn.service,
    (candidate, callSignal) => {
      endpoint = candidate.url;
      const request = { path: "/turn", body, correlationId, responseSchema: agentAnswer, fetch, signal: callSignal };
      return postJson(candidate, request);
    },
    { correlationId, signal },
  );
  return { answer, endpoint, calledAt, milliseconds: Date.now() - calledAt.getTime() };
}

/** One reply of the agent as the messages that are sent: in WhatsApp's text format, none too long. */
export function toReplies(reply: OutboundContent, limits: ContentLimits): { body: string; content: OutboundContent }[] {
  const formatted = { ...reply, text: toWhatsAppFormat(reply.text) };
  return fitContent(formatted, limits).map((content) => ({ body: content.text, content }));
}

function toAgentTurn(turn: StartedTurn, shard: number): AgentTurn {
  return {
    turnId: turn.turn_id,
    correlationId: turn.correlation_id,
    agent: turn.service.replace(/^agent:/, ""),
    shard,
    tenant: turn.tenant,
    conversation: { id: turn.conversation.id, personRequested: turn.conversation.person_requested },
    contact: turn.contact,
    session: { id: turn.session.id, isNew: turn.session.is_new },
    memory: turn.memory,
    messages: turn.messages.map(({ id, type, text, content, media, at }) => ({
      ...{ id, type, text, content, at },
      ...(media === null ? {} : { media }),
    })),
  };
}

function lastSeq(lane: ClaimedLane): number {
  return lane.messages.at(-1)?.seq ?? 0;
}
