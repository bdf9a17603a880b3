// Sends the head of an outbound lane, once: the intent is recorded before anything is prepared, that it leaves right
// before it does, and how it ended after.
import { z } from "zod";
import { WEBHOOK_CONFIG } from "../config.ts";
import { finishOutboundAttempt, markOutboundIo, startOutboundAttempt } from "../db/outbox.ts";
import { type ClaimedLane, scheduleMessageRetry } from "../db/queue.ts";
import { errorToJson, InvalidInputError, MessageProcessingError, WorkflowError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { outboundContent, type RejectionClass, recipient, type SendOutcome } from "../outbound.ts";
import { problemsOf } from "../problems.ts";
import type { Provider, SendRequest } from "../providers/provider.ts";
import { fitToSend } from "./fit-to-send.ts";
import type { HandlerContext, LaneHandler } from "./handler.ts";
import { persist } from "./persist.ts";
import { createMediaResolver } from "./resolve-media.ts";

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
  const attempt = await startOutboundAttempt(context.db, lane, head, context.worker);
  const log = context.log.child({ outboundId: head.outboundId, correlationId: message.correlationId });
  if (attempt.action === "done") return log.info("nothing to send any more");
  if (attempt.action === "wait") return log.info("not now", { why: attempt.why });

  const outcome = await trySend(attempt, { head, lane, context, signal });
  const finished = { number: attempt.attempt_no, outcome: toRow(outcome) };
  const status = await persist(() => finishOutboundAttempt(context.db, lane, head, finished), signal);
  const code = "code" in outcome ? outcome.code : undefined;
  log.info("send finished", { state: outcome.state, status, code });
  if (outcome.state === "REJECTED" && (outcome.class === "stop_channel" || outcome.class === "pause_number"))
    log.error("ALERT: an account cannot send any more; a task says what to do", {
      accountId: attempt.account_id,
      class: outcome.class,
      code,
    });
}

interface Sending {
  readonly head: { readonly outboundId: string };
  readonly lane: ClaimedLane;
  readonly context: HandlerContext;
  readonly signal: AbortSignal;
}
type Attempt = Extract<Awaited<ReturnType<typeof startOutboundAttempt>>, { action: "send" }>;

/** Sends, once. What goes wrong before the request leaves is a refusal of ours: certainly nothing left. */
async function trySend(attempt: Attempt, sending: Sending): Promise<SendOutcome> {
  let provider: Provider;
  let request: Omit<SendRequest, "beforeIo">;
  try {
    ({ provider, request } = await prepare(attempt, sending));
  } catch (error) {
    const { code, message } = error instanceof WorkflowError ? error : { code: "not_sent", message: String(error) };
    if (error instanceof MessageProcessingError) return refused(code, message, "never");
    return refused(code, message, error instanceof InvalidInputError ? "stop_channel" : "again");
  }
  try {
    return await provider.send({ ...request, beforeIo: () => leave(attempt, sending) });
  } catch (error) {
    if (error instanceof NotLeftError) return refused(error.code, error.message, "again");
    // A provider must not throw anything else. One that does leaves open whether the message left.
    return { state: "UNKNOWN", code: "provider_failed", message: String(error) };
  }
}

/** The attempt may not leave, or nobody could write down that it does. */
class NotLeftError extends WorkflowError {}

/** Writes down that the attempt leaves. A process that slept meanwhile may have lost its lane: then it does not. */
async function leave(attempt: Attempt, { head, lane, context }: Sending): Promise<void> {
  const asked = Date.now();
  let may: boolean;
  try {
    may = await markOutboundIo(context.db, lane, { outboundId: head.outboundId, number: attempt.attempt_no });
  } catch (cause) {
    throw new NotLeftError("It could not be written down that the message leaves.", { code: "io_not_marked", cause });
  }
  if (!may) throw new NotLeftError("The attempt was settled meanwhile.", { code: "overtaken" });
  // A live process extends its lease three times within its length.
  if (Date.now() - asked >= (lane.leaseSeconds * 1000) / 3)
    throw new NotLeftError("The worker was suspended right before sending.", { code: "overslept" });
}

/**
 * Puts together what the provider needs.
 * @throws MessageProcessingError when this message can never be sent; what the account store and the registry throw
 */
async function prepare(
  attempt: Attempt,
  { head, lane, context, signal }: Sending,
): Promise<{ provider: Provider; request: Omit<SendRequest, "beforeIo"> }> {
  const to = recipient.safeParse(attempt.recipient);
  if (!to.success)
    throw new MessageProcessingError("The contact has neither a phone number nor a BSUID.", { code: "no_recipient" });
  const content = outboundContent.safeParse(attempt.content);
  if (!content.success)
    throw new MessageProcessingError(
      `The content is none that can be sent (${problemsOf(content.error).join("; ")}).`,
      { code: "content_malformed" },
    );
  const account = await context.accounts.get(lane.shard, attempt.account_id, attempt.credentials_at ?? undefined);
  const provider = context.provider(account.provider);
  const fitting = await fitToSend(content.data, {
    context,
    shard: lane.shard,
    accountId: attempt.account_id,
    provider,
  });
  const { account_id: accountId, correlation_id: correlationId, fresh_media: fresh } = attempt;
  const sending = { context, shard: lane.shard, accountId, account, provider, correlationId, fresh, signal };
  const request = {
    account,
    recipient: to.data,
    content: fitting,
    callbackData: head.outboundId,
    correlationId,
    resolveMedia: createMediaResolver(sending),
    signal,
  };
  return { provider, request };
}

function refused(code: string, message: string, kind: RejectionClass): SendOutcome {
  return { state: "REJECTED", class: kind, code, message };
}

/** An outcome as finish_outbound_attempt.sql reads it. */
function toRow(outcome: SendOutcome): JsonObject {
  switch (outcome.state) {
    case "ACCEPTED":
      return { state: outcome.state, provider_message_id: outcome.providerMessageId, response: outcome.response };
    case "UNKNOWN":
      return { state: outcome.state, code: outcome.code, message: outcome.message };
    case "REJECTED":
      return {
        state: outcome.state,
        class: outcome.class,
        code: outcome.code,
        message: outcome.message,
        response: outcome.response,
        retry_after_s: outcome.retryAfterSeconds,
      };
  }
}
