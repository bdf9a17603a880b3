// Outbound messages: send, look, list, try again, cancel.
import {
  cancelApiMessage,
  getOutboundMessage,
  listOutboundMessages,
  outboundMessage,
  outboundMessageWithAttempts,
  outboundStatus,
  retryApiMessage,
  type SendRequest,
  sendApiMessage,
} from "@switchboard/commons/db/api.ts";
import { outboundContent } from "@switchboard/commons/outbound.ts";
import { describeContent } from "@switchboard/commons/text/describe.ts";
import { z } from "zod";
import { fitToTarget } from "../fit.ts";
import { operation } from "../operation.ts";
import { pageOf, pageQuery, readCursor, toPage } from "../page.ts";
import { Problem } from "../problem.ts";
import { time, toUtc } from "../time.ts";

const TAG = "Outbound messages";
const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,150}$/, "must be 1 to 150 visible ASCII characters");
const phone = z
  .string()
  .max(40)
  .regex(/^\+?[0-9][0-9 ().-]{5,38}$/, "must be a phone number with its country code, such as +15550100001")
  .meta({
    description: "A phone number with its country code; spaces and punctuation do not matter.",
    example: "+15550100001",
  });
const bsuid = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\x21-\x7e]+$/, "must be a business-scoped user id as WhatsApp gives it")
  .meta({ description: "The person's business-scoped user id, where no phone number is known." });

const newMessage = z
  .strictObject({
    to: z
      .union([
        phone,
        z.strictObject({ phone }),
        z.strictObject({ bsuid }),
        z.strictObject({ conversation_id: z.uuid() }),
      ])
      .meta({ description: "A phone number, {phone}, {bsuid}, or a conversation that there is: {conversation_id}." }),
    content: outboundContent.meta({
      id: "Content",
      description: "What to send, in words that every provider understands.",
    }),
    account_id: z
      .uuid()
      .optional()
      .meta({ description: "Which number sends it; the tenant's only one when left out." }),
    from: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: "Instead of account_id: the sending number, or the provider's id of it." }),
    send_at: time.optional().meta({ description: "Not before then; at once when left out or past." }),
    idempotency_key: idempotencyKey
      .optional()
      .meta({ description: "The same as the header Idempotency-Key, for clients that cannot set one." }),
  })
  .meta({
    id: "NewMessage",
    description: "A message to send.",
    example: { to: "+15550100001", content: { type: "text", text: "Your table is ready." } },
  });

const idParams = z.object({
  id: z.uuid().meta({ description: "The message's id.", example: "0191d9a4-7d1e-7c6f-8a3b-2f0b6c1d4e5f" }),
});

/** Queues a message. */
export const sendMessage = operation({
  method: "post",
  path: "/v1/outbound/messages",
  operationId: "sendMessage",
  tag: TAG,
  summary: "Send a message",
  description:
    "Queues a message and answers at once; it is sent in its turn within its conversation. Repeat a request with the same Idempotency-Key as often as you like: it is sent once. The same key with another message is refused (409).\n\nThe content is made to fit the provider that sends it where that changes no word and takes no further message: a fourth button makes a list, an eleventh row of a list numbered text; the answer shows what is queued. What does not fit is refused (422, `content_does_not_fit`), with what to do about it.",
  scope: "messages:write",
  headers: z.object({
    "idempotency-key": idempotencyKey
      .optional()
      .meta({ description: "Makes the request safe to repeat. Yours to choose; one for each message." }),
  }),
  body: newMessage,
  success: {
    status: 202,
    description: "It is queued. A repeated request has the header Idempotency-Replayed.",
    schema: outboundMessage,
    headers: z.object({
      location: z.url().meta({ description: "Where to look how far it came." }),
      "idempotency-replayed": z.enum(["true"]).optional().meta({ description: "The message was there already." }),
    }),
  },
  refusals: [400, 404, 409, 413, 415],
  handle: async ({ body, request, acting, correlationId }, { db, publicUrl }) => {
    const to = targetOf(body);
    const content = await fitToTarget(db, acting, { to, content: body.content });
    const { created, message } = await sendApiMessage(db, acting, {
      ...{ to, content, body: describeContent(content) },
      sendAt: toUtc(body.send_at) ?? null,
      idempotencyKey: keyOf(request, body.idempotency_key),
      correlationId,
    });
    return {
      body: message,
      headers: {
        location: `${publicUrl}/v1/outbound/messages/${message.id}`,
        ...(created ? {} : { "idempotency-replayed": "true" }),
      },
    };
  },
});

function targetOf({ to, account_id, from }: z.output<typeof newMessage>): SendRequest["to"] {
  if (typeof to === "object" && "conversation_id" in to) return { conversationId: to.conversation_id };
  const account = { accountId: account_id, from };
  if (typeof to === "object" && "bsuid" in to) return { identity: { kind: "bsuid", value: to.bsuid }, ...account };
  const value = (typeof to === "string" ? to : to.phone).replaceAll(/\D/g, "");
  if (value.length < 7 || value.length > 15)
    throw new Problem(422, {
      code: "validation_failed",
      detail: "A phone number has 7 to 15 digits with its country code.",
      errors: [{ path: "body.to", message: "must have 7 to 15 digits" }],
    });
  return { identity: { kind: "phone", value }, ...account };
}

/** The key of the header or of the body; both must agree. */
function keyOf(request: Request, inBody: string | undefined): string | null {
  const header = request.headers.get("idempotency-key");
  const read = idempotencyKey.nullable().safeParse(header);
  if (!read.success || (header !== null && inBody !== undefined && header !== inBody))
    throw new Problem(422, {
      code: "validation_failed",
      detail: "The Idempotency-Key must be 1 to 150 visible ASCII characters, the same in header and body.",
      errors: [{ path: "header.idempotency-key", message: "must be 1 to 150 visible ASCII characters" }],
    });
  return header ?? inBody ?? null;
}

/** Looks at a message. */
export const getMessage = operation({
  method: "get",
  path: "/v1/outbound/messages/{id}",
  operationId: "getMessage",
  tag: TAG,
  summary: "Look at a message",
  description: "A message, how far it came, and every try at sending it.",
  scope: "messages:read",
  params: idParams,
  success: { status: 200, description: "The message.", schema: outboundMessageWithAttempts },
  refusals: [404],
  handle: async ({ params, acting }, { db }) => ({ body: await getOutboundMessage(db, acting, params.id) }),
});

/** Lists messages. */
export const listMessages = operation({
  method: "get",
  path: "/v1/outbound/messages",
  operationId: "listMessages",
  tag: TAG,
  summary: "List messages",
  description: "The tenant's outbound messages, newest first, a page at a time.",
  scope: "messages:read",
  query: z.strictObject({
    ...pageQuery,
    conversation_id: z.uuid().optional().meta({ description: "Only those of this conversation." }),
    status: outboundStatus.optional(),
    created_from: time.optional().meta({ description: "Only those created then or later." }),
    created_before: time.optional().meta({ description: "Only those created earlier." }),
  }),
  success: {
    status: 200,
    description: "A page of messages.",
    schema: pageOf(outboundMessage, "OutboundMessagePage"),
    headers: z.object({ link: z.string().optional().meta({ description: 'The next page, rel="next".' }) }),
  },
  refusals: [],
  handle: async ({ query, request, acting }, { db, publicUrl }) => {
    const { limit, cursor, created_from, created_before, ...exact } = query;
    const before = readCursor(cursor, z.strictObject({ at: time, id: z.uuid() }));
    const range = { created_from: toUtc(created_from), created_before: toUtc(created_before) };
    const page = await listOutboundMessages(db, acting, { ...exact, ...range }, { before, limit });
    return toPage(page, new URL(`${publicUrl}/v1/outbound/messages${new URL(request.url).search}`));
  },
});

/** Tries again. */
export const retryMessage = operation({
  method: "post",
  path: "/v1/outbound/messages/{id}/retry",
  operationId: "retryMessage",
  tag: TAG,
  summary: "Try again to send a message",
  description:
    "For a message that failed or was parked: queues it again as a new attempt. Refused (409) in any other state.",
  scope: "messages:write",
  params: idParams,
  success: { status: 202, description: "It is queued again.", schema: outboundMessageWithAttempts },
  refusals: [404, 409],
  handle: async ({ params, acting }, { db }) => ({ body: await retryApiMessage(db, acting, params.id) }),
});

/** Cancels. */
export const cancelMessage = operation({
  method: "post",
  path: "/v1/outbound/messages/{id}/cancel",
  operationId: "cancelMessage",
  tag: TAG,
  summary: "Cancel a message",
  description: "For a message that has not begun to leave. Refused (409) once it has.",
  scope: "messages:write",
  params: idParams,
  success: { status: 200, description: "It will not be sent.", schema: outboundMessageWithAttempts },
  refusals: [404, 409],
  handle: async ({ params, acting }, { db }) => ({ body: await cancelApiMessage(db, acting, params.id) }),
});
