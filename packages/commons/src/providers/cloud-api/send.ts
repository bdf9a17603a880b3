// Sends one message through the Cloud API and says honestly how it went. There is no idempotency key at Meta: what may
// have left is UNKNOWN, never "try again".
import { WorkflowError } from "../../errors.ts";
import type { Json, JsonObject } from "../../json.ts";
import type { Recipient, RejectionClass, SendOutcome } from "../../outbound.ts";
import type { ResolveMedia, SendRequest } from "../provider.ts";
import { idOf, listOf, objectOf, textOf } from "../untrusted-json.ts";
import { graphErrorMeaning } from "./error-codes.ts";
import { type GraphMessagesApi, type GraphReply, postMessages } from "./graph-request.ts";
import { contentBody } from "./message-body.ts";

type Answer = Extract<GraphReply, { state: "answered" }>;

/** Tries once to send; throws what `beforeIo` throws and nothing else. */
export async function sendMessage(api: GraphMessagesApi, request: SendRequest): Promise<SendOutcome> {
  const to = addressOf(request.recipient, api.phoneFormat);
  if (to === undefined)
    return rejected("never", "recipient", "the recipient's phone is not a number; a user id belongs in `bsuid`");
  let body: JsonObject;
  try {
    body = await messageBody(request, to);
  } catch (error) {
    return unprepared(error);
  }
  const reply = await postMessages(api, {
    phoneNumberId: request.account.externalId,
    credentials: request.account.credentials,
    body,
    correlationId: request.correlationId,
    signal: request.signal,
    beforeIo: request.beforeIo,
  });
  return outcomeOf(reply);
}

/** A phone goes into `to`, a user id into `recipient`: in `to` it would be dropped without a word. */
function addressOf(recipient: Recipient, format: GraphMessagesApi["phoneFormat"]): JsonObject | undefined {
  if ("bsuid" in recipient) return { recipient: recipient.bsuid };
  if (!/^\+?\d+$/.test(recipient.phone)) return undefined;
  const digits = recipient.phone.replace(/^\+/, "");
  // Without the plus Meta may put the business's own country code before the number.
  return { to: format === "e164" ? `+${digits}` : digits };
}

async function messageBody(request: SendRequest, to: JsonObject): Promise<JsonObject> {
  const { content } = request;
  // A reaction names its message itself.
  const quoted = content.type === "reaction" ? undefined : content.replyTo;
  return {
    messaging_product: "whatsapp",
    recipient_type: "individual",
    ...to,
    ...(await contentBody(content, request.resolveMedia ?? linksOnly)),
    ...(quoted === undefined ? {} : { context: { message_id: quoted } }),
    biz_opaque_callback_data: request.callbackData,
  };
}

/** Takes a link as it is: Meta fetches it. */
const linksOnly: ResolveMedia = async (media) => {
  if ("link" in media) return media;
  throw new WorkflowError("Files by mediaId cannot be sent here; give the file's https link.", {
    code: "media_unresolved",
  });
};

/** Nothing has left yet: whatever went wrong is a refusal of ours. */
function unprepared(error: unknown): SendOutcome {
  if (!(error instanceof WorkflowError)) return rejected("retry", "media_failed", "a file could not be prepared");
  const wait = error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds };
  return rejected(error.retryable ? "retry" : "never", error.code, error.message, wait);
}

function outcomeOf(reply: GraphReply): SendOutcome {
  switch (reply.state) {
    case "not_sent":
      if (!reply.retryable) return rejected("stop_channel", reply.code, reply.message);
      return rejected(reply.code === "aborted" ? "again" : "retry", reply.code, reply.message);
    case "lost":
      return { state: "UNKNOWN", code: reply.code, message: reply.message };
    case "answered":
      return reply.httpStatus >= 200 && reply.httpStatus < 300 ? acceptance(reply) : refusal(reply);
  }
}

function acceptance({ httpStatus, body }: Answer): SendOutcome {
  const response = body.kind === "json" ? objectOf(body.json) : undefined;
  const providerMessageId = idOf(objectOf(listOf(response?.messages)?.[0])?.id);
  if (response === undefined || providerMessageId === undefined)
    return unknown(`http_${httpStatus}`, "Meta answered with success but without a readable message id");
  const waId = idOf(objectOf(listOf(response.contacts)?.[0])?.wa_id);
  return { state: "ACCEPTED", providerMessageId, ...(waId === undefined ? {} : { waId }), response };
}

function refusal(answer: Answer): SendOutcome {
  const { httpStatus, body, retryAfterSeconds } = answer;
  const error = body.kind === "json" ? objectOf(objectOf(body.json)?.error) : undefined;
  if (error !== undefined && typeof error.code === "number") return graphRefusal(answer, error, error.code);
  const code = `http_${httpStatus}`;
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  // Neither a failing server nor a timed-out one tells whether the message went through.
  if (httpStatus >= 500 || httpStatus === 408)
    return unknown(code, "the server failed without saying what became of the message");
  if (httpStatus < 400) return rejected("retry", code, "the Graph API redirected; check GRAPH_API_URL", wait);
  if (httpStatus === 429) return rejected("retry", code, "too many requests", wait);
  if (body.kind === "cut_off") return rejected("retry", code, "the request was refused, the reason was cut off", wait);
  return rejected("never", code, "the request was refused without a Graph error; check GRAPH_API_URL", wait);
}

function graphRefusal({ httpStatus, retryAfterSeconds }: Answer, error: JsonObject, code: number): SendOutcome {
  const means = graphErrorMeaning(code, { httpStatus, transient: error.is_transient === true });
  const wait = retryAfterSeconds ?? means.waitSeconds;
  const said = textOf(error.message);
  return rejected(
    means.class,
    String(code),
    `${means.meaning}; ${means.mend}${said === undefined ? "" : ` (Meta: ${said.slice(0, 300)})`}`,
    {
      ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
      response: error,
    },
  );
}

function unknown(code: string, message: string): SendOutcome {
  return { state: "UNKNOWN", code, message };
}

function rejected(
  reaction: RejectionClass,
  code: string,
  message: string,
  more: { retryAfterSeconds?: number; response?: Json } = {},
): SendOutcome {
  return { state: "REJECTED", class: reaction, code, message, ...more };
}
