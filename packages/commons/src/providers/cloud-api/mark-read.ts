// Marks a customer's message as read and, in the same call, shows that an answer is being written.
import { WorkflowError } from "../../errors.ts";
import type { MarkReadRequest } from "../provider.ts";
import { objectOf } from "../untrusted-json.ts";
import { graphErrorMeaning } from "./error-codes.ts";
import { type GraphMessagesApi, type GraphReply, postMessages } from "./graph-request.ts";

/**
 * Marks a message, and with it all earlier ones, as read. Safe to repeat.
 * @throws WorkflowError `mark_read_failed`; retryable when a later try may succeed
 */
export async function markRead(api: GraphMessagesApi, request: MarkReadRequest): Promise<void> {
  const reply = await postMessages(api, {
    phoneNumberId: request.account.externalId,
    credentials: request.account.credentials,
    body: {
      messaging_product: "whatsapp",
      status: "read",
      message_id: request.messageId,
      ...(request.typing ? { typing_indicator: { type: "text" } } : {}),
    },
    correlationId: request.correlationId,
    signal: request.signal,
  });
  if (reply.state === "answered" && reply.httpStatus >= 200 && reply.httpStatus < 300) return;
  const { code, retryable } = failureOf(reply);
  throw new WorkflowError(`The message could not be marked as read (${code}).`, {
    code: "mark_read_failed",
    retryable,
    context: { reason: code },
  });
}

function failureOf(reply: GraphReply): { code: string; retryable: boolean } {
  if (reply.state === "not_sent") return reply;
  if (reply.state === "lost") return { code: reply.code, retryable: true };
  const { httpStatus, body } = reply;
  const error = body.kind === "json" ? objectOf(objectOf(body.json)?.error) : undefined;
  if (error === undefined || typeof error.code !== "number")
    return { code: `http_${httpStatus}`, retryable: httpStatus >= 500 || httpStatus === 429 };
  const means = graphErrorMeaning(error.code, { httpStatus, transient: error.is_transient === true });
  return { code: String(error.code), retryable: means.class === "retry" || means.class.startsWith("slow_") };
}
