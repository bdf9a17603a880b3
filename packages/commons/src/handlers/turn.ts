// Answers a turn: loads what is known, asks the agent through the registry while the customer sees that somebody is
// typing, and stores the answer. The agent is called without a connection or a transaction open.
import { type AgentAnswer, type AgentTurn, agentAnswer } from "../agent-contract.ts";
import type { Capabilities } from "../capabilities.ts";
import { WEBHOOK_CONFIG } from "../config.ts";
import type { ClaimedLane } from "../db/queue.ts";
import { completeTurn, failTurn, type StartedTurn, startTurn, supersedeTurn } from "../db/turns.ts";
import { errorToJson, WorkflowError } from "../errors.ts";
import type { OutboundContent } from "../outbound.ts";
import { postJson } from "../services/post-json.ts";
import { degrade } from "../text/degrade.ts";
import { describeContent } from "../text/describe.ts";
import { toWhatsAppFormat } from "../text/whatsapp-format.ts";
import { fileFields } from "./agent-files.ts";
import type { HandlerContext, LaneHandler } from "./handler.ts";
import { persist } from "./persist.ts";
import { showTyping } from "./typing.ts";

/** The handler of the inbound queue. */
export const turnHandler: LaneHandler = {
  queue: "inbound",
  perLane: 50,
  handle: answerTurn,
  fail: (lane, context, error) =>
    failTurn(context.db, lane, lastSeq(lane), {
      error: errorToJson(error),
      maxTries: error instanceof WorkflowError && !error.retryable ? lane.tries : WEBHOOK_CONFIG.queue.tries,
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

  const { capabilities } = context.provider(turn.account.provider);
  const asked = await askUnlessSuperseded(turn, { lane, upto, context, signal });
  if (asked === undefined) {
    await persist(() => supersedeTurn(context.db, lane, turn.turn_id), signal);
    log.info("turn superseded while the agent worked", { messages: turn.messages.length });
    return;
  }
  const { answer, ...call } = asked;
  const room = withRoomFor(turn.tenant.ai_disclosure, capabilities);
  const replies = answer.replies.flatMap((reply) => toReplies(reply, room));
  const { actions, workflows = [], usage, toolCalls } = answer;
  const result = { replies, actions, workflows, usage, toolCalls, ...call };
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
  const body = JSON.stringify(await toAgentTurn(turn, shard, context));
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

/** One reply of the agent as the messages that are sent: in WhatsApp's text format, as the provider can show them. */
export function toReplies(reply: OutboundContent, can: Capabilities): { body: string; content: OutboundContent }[] {
  return degrade(formatted(reply), can).map((content) => ({ body: describeContent(content), content }));
}

/** Models write Markdown in texts and captions; titles are shown as they are. */
function formatted(reply: OutboundContent): OutboundContent {
  if ("text" in reply) return { ...reply, text: toWhatsAppFormat(reply.text) };
  if ("caption" in reply && reply.caption !== undefined) return { ...reply, caption: toWhatsAppFormat(reply.caption) };
  return reply;
}

/** What leaves room for the disclosure, whichever message will carry it; see disclose.sql. */
function withRoomFor(disclosure: string | null, can: Capabilities): Capabilities {
  if (disclosure === null) return can;
  const room = disclosure.length + 2;
  const less = <T extends { readonly textLength: number }>(able: T | null) =>
    able === null ? null : { ...able, textLength: able.textLength - room };
  return {
    ...can,
    textLength: can.textLength - room,
    buttons: less(can.buttons),
    list: less(can.list),
    ctaUrl: less(can.ctaUrl),
    flow: less(can.flow),
    locationRequest: less(can.locationRequest),
    contactInfoRequest: less(can.contactInfoRequest),
  };
}

async function toAgentTurn(turn: StartedTurn, shard: number, context: HandlerContext): Promise<AgentTurn> {
  const files = await Promise.all(turn.messages.map((message) => fileFields(message, context)));
  return {
    turnId: turn.turn_id,
    correlationId: turn.correlation_id,
    agent: turn.service.replace(/^agent:/, ""),
    shard,
    tenant: { id: turn.tenant.id, slug: turn.tenant.slug, name: turn.tenant.name },
    conversation: { id: turn.conversation.id, personRequested: turn.conversation.person_requested },
    contact: turn.contact,
    session: { id: turn.session.id, isNew: turn.session.is_new },
    memory: turn.memory,
    workflows: turn.workflows.map(({ expires_at: expiresAt, ...workflow }) => ({ ...workflow, expiresAt })),
    messages: turn.messages.map(({ id, type, text, content, at }, index) => ({
      ...{ id, type, text, content, at },
      ...files[index],
    })),
  };
}

function lastSeq(lane: ClaimedLane): number {
  return lane.messages.at(-1)?.seq ?? 0;
}
