// Sends one message through the Cloud API and says honestly how it went. There is no idempotency key at Meta: what may
// have left is UNKNOWN, never "try again".
import type { Json, JsonObject } from "../../json.ts";
import type { OutboundContent, Recipient, RejectionClass, SendOutcome } from "../../outbound.ts";
import type { SendRequest } from "../provider.ts";
import { idOf, listOf, objectOf, textOf } from "../untrusted-json.ts";
import { graphErrorMeaning } from "./error-codes.ts";
import { type GraphMessagesApi, type GraphReply, postMessages } from "./graph-request.ts";

type Answer = Extract<GraphReply, { state: "answered" }>;

/** Tries once to send; throws what `beforeIo` throws and nothing else. */
export async function sendMessage(api: GraphMessagesApi, request: SendRequest): Promise<SendOutcome> {
  const to = addressOf(request.recipient);
  if (to === undefined)
    return rejected("never", "recipient", "the recipient's phone is not a number; a user id belongs in `bsuid`");
  const reply = await postMessages(api, {
    phoneNumberId: request.account.externalId,
    credentials: request.account.credentials,
    body: messageBody(request, to),
    correlationId: request.correlationId,
    signal: request.signal,
    beforeIo: request.beforeIo,
  });
  return outcomeOf(reply);
}

/** A phone goes into `to`, a user id into `recipient`: in `to` it would be dropped without a word. */
function addressOf(recipient: Recipient): JsonObject | undefined {
  if ("bsuid" in recipient) return { recipient: recipient.bsuid };
  // Without the plus Meta may put the business's own country code before the number.
  return /^\+?\d+$/.test(recipient.phone) ? { to: `+${recipient.phone.replace(/^\+/, "")}` } : undefined;
}

function messageBody(request: SendRequest, to: JsonObject): JsonObject {
  return {
    messaging_product: "whatsapp",
    recipient_type: "individual",
    ...to,
    ...contentBody(request.content),
    ...(request.replyTo === undefined ? {} : { context: { message_id: request.replyTo } }),
    biz_opaque_callback_data: request.callbackData,
  };
}

function contentBody(content: OutboundContent): JsonObject {
  switch (content.type) {
    case "text":
      return { type: "text", text: { body: content.text, preview_url: content.previewUrl ?? false } };
    case "buttons":
      return {
        type: "interactive",
        interactive: {
          type: "button",
          body: { text: content.text },
          action: { buttons: content.buttons.map(({ id, title }) => ({ type: "reply", reply: { id, title } })) },
        },
      };
  }
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
