// Sends the head of an outbound lane, once: what is about to leave is recorded before it leaves, and how it ended after.
import { z } from "zod";
import { WEBHOOK_CONFIG } from "../config.ts";
import { finishOutboundAttempt, startOutboundAttempt } from "../db/outbox.ts";
import { type ClaimedLane, scheduleMessageRetry } from "../db/queue.ts";
import { errorToJson, InvalidInputError, MessageProcessingError, WorkflowError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { outboundContent, type RejectionClass, recipient, type SendOutcome } from "../outbound.ts";
import type { Provider, SendRequest } from "../providers/provider.ts";
import type { HandlerContext, LaneHandler } from "./handler.ts";
import { persist } from "./persist.ts";

const payloadSchema = z.object({ outbound_id: z.uuid() });

/** The handler of the outbound queue. One message at a time: the next leaves when this one was accepted. */
export const sendHandler: LaneHandler = {
  queue: "outbound",
  perLane: 1,
  handle: sendHead,
  fail: (lane, context, error) =>
    scheduleMessageRetry(context.db, lane, lane.messages[0]?.seq ?? 0, {
      error: errorToJson(error),
      maxTries: error instanceof WorkflowError && !error.retryable ? lane.tries : WEBHOOK_CONFIG.queue.tries,
      retryAfterSeconds: error instanceof WorkflowError ? error.retryAfterSeconds : undefined,
    }),
};

async function sendHead(lane: ClaimedLane, context: HandlerContext, signal: AbortSignal): Promise<void> {
  const [message] = lane.messages;
  const payload = payloadSchema.safeParse(message?.payload);
  if (message === undefined || !payload.success)
    throw new MessageProcessingError("An outbound queue message names no outbound message.", {
      code: "payload_malformed",
    });

  const head = { seq: message.seq, outboundId: payload.data.outbound_id };
  const leaveBy = Date.now() + lane.leaseSeconds * 1000;
  const attempt = await startOutboundAttempt(context.db, lane, head, context.worker);
  const log = context.log.child({ outboundId: head.outboundId, correlationId: message.correlationId });
  if (attempt.action !== "send") {
    log.info(attempt.action === "wait" ? "waiting to know whether the provider took it" : "nothing to send any more");
    return;
  }

  const outcome = await trySend(attempt, { head, context, signal, shard: lane.shard, leaveBy });
  const finished = { number: attempt.attempt_no, outcome: toRow(outcome, attempt.attempt_no) };
  const status = await persist(() => finishOutboundAttempt(context.db, lane, head, finished), signal);
  log.info("send finished", { state: outcome.state, status, code: "code" in outcome ? outcome.code : undefined });
}

interface Sending {
  readonly head: { readonly outboundId: string };
  readonly context: HandlerContext;
  readonly signal: AbortSignal;
  readonly shard: number;
  /** Nothing leaves after it, in milliseconds since 1970: a process that slept meanwhile may have lost its lease. */
  readonly leaveBy: number;
}
type Attempt = Extract<Awaited<ReturnType<typeof startOutboundAttempt>>, { action: "send" }>;

/** Sends, once. What goes wrong before the provider is asked is a refusal of ours: certainly nothing left. */
async function trySend(attempt: Attempt, sending: Sending): Promise<SendOutcome> {
  let provider: Provider;
  let request: SendRequest;
  try {
    ({ provider, request } = await prepare(attempt, sending));
  } catch (error) {
    const { code, message } = error instanceof WorkflowError ? error : { code: "not_sent", message: String(error) };
    if (error instanceof MessageProcessingError) return refused(code, message, "never");
    return refused(code, message, error instanceof InvalidInputError ? "stop_channel" : "retry");
  }
  if (Date.now() >= sending.leaveBy)
    return refused("overslept", "the worker was suspended between taking the message and sending it", "retry");
  try {
    return await provider.send(request);
  } catch (error) {
    // A provider must not throw. One that does leaves open whether the message left.
    return { state: "UNKNOWN", code: "provider_failed", message: String(error) };
  }
}

/**
 * Puts together what the provider needs.
 * @throws MessageProcessingError when this message can never be sent; what the account store and the registry throw
 */
async function prepare(
  attempt: Attempt,
  { head, context, signal, shard }: Sending,
): Promise<{ provider: Provider; request: SendRequest }> {
  const to = recipient.safeParse(attempt.recipient);
  if (!to.success)
    throw new MessageProcessingError("The contact has neither a phone number nor a BSUID.", { code: "no_recipient" });
  const content = outboundContent.safeParse(attempt.content);
  if (!content.success)
    throw new MessageProcessingError(
      `The content is none that can be sent (${content.error.issues[0]?.path.join(".")}: ${content.error.issues[0]?.code}).`,
      { code: "content_malformed" },
    );
  const account = await context.accounts.get(shard, attempt.account_id);
  const request = {
    account,
    recipient: to.data,
    content: content.data,
    callbackData: head.outboundId,
    correlationId: attempt.correlation_id,
    signal,
  };
  return { provider: context.provider(account.provider), request };
}

function refused(code: string, message: string, kind: RejectionClass): SendOutcome {
  return { state: "REJECTED", class: kind, code, message };
}

/** Seconds before the next try of each class; undefined: the engine's exponential backoff. */
const RETRY_AFTER_SECONDS: { readonly [C in RejectionClass]: ((attempt: number) => number | undefined) | null } = {
  retry: () => undefined,
  slow_pair: (attempt) => 4 ** attempt, // Meta's advice for 131056
  slow_number: (attempt) => 2 ** attempt,
  later: () => 600,
  pause_number: () => 900,
  stop_channel: () => 300,
  window_closed: null,
  never: null,
};

/** An outcome as finish_outbound_attempt.sql reads it. */
function toRow(outcome: SendOutcome, attemptNo: number): JsonObject {
  if (outcome.state === "ACCEPTED")
    return { state: outcome.state, provider_message_id: outcome.providerMessageId, response: outcome.response };
  if (outcome.state === "UNKNOWN") return { state: outcome.state, code: outcome.code, message: outcome.message };
  const delay = RETRY_AFTER_SECONDS[outcome.class];
  return {
    state: outcome.state,
    class: outcome.class,
    code: outcome.code,
    message: outcome.message,
    response: outcome.response,
    retry: delay !== null,
    retry_after_s: delay === null ? undefined : (outcome.retryAfterSeconds ?? delay(attemptNo)),
  };
}
