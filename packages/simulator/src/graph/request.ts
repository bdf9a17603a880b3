// Reads the body of POST /{phone-number-id}/messages, and refuses it the way Meta does.
import { z } from "zod";
import type { Content } from "../types.ts";
import { type ContentType, contentSchemas, isContentType } from "./content.ts";
import { GraphError } from "./errors.ts";

/** A send that is well formed. */
export type SendRequest = {
  readonly address: string;
  readonly addressedBy: "to" | "recipient";
  readonly type: ContentType;
  readonly content: Content;
  readonly contextId?: string;
  readonly callbackData?: string;
};
/** Marks a customer's message as read, with typing dots if wanted. */
export type ReadRequest = { readonly messageId: string; readonly typing: boolean };

const top = z.looseObject({
  messaging_product: z.literal("whatsapp"),
  recipient_type: z.literal("individual").optional(),
  to: z.string().min(1).optional(),
  recipient: z.string().min(1).optional(),
  type: z.string().default("text"),
  context: z.looseObject({ message_id: z.string().min(1) }).optional(),
  biz_opaque_callback_data: z
    .string()
    .max(512, "Param biz_opaque_callback_data must be at most 512 characters long.")
    .optional(),
});
const read = z.looseObject({
  messaging_product: z.literal("whatsapp"),
  status: z.literal("read"),
  message_id: z.string().min(1),
  typing_indicator: z.looseObject({ type: z.literal("text") }).optional(),
});

/** The body as an object. @throws GraphError 100 when it is none, or not for WhatsApp */
export function readBody(json: unknown): Content {
  const body = z.record(z.string(), z.unknown()).safeParse(json);
  if (!body.success) throw new GraphError(100, { details: "The body must be a JSON object." });
  if (body.data.messaging_product === undefined)
    throw new GraphError(100, { message: "(#100) The parameter messaging_product is required." });
  return body.data;
}

/** Whether the body marks a message as read; otherwise it is one to send. */
export function isRead(json: Content): boolean {
  return json.status !== undefined;
}

/** Reads the body of a read mark. @throws GraphError 100, as Meta answers */
export function parseRead(json: Content): ReadRequest {
  const parsed = read.safeParse(json);
  if (!parsed.success) throw refusal(parsed.error, json, "");
  const { message_id: messageId, typing_indicator: typing } = parsed.data;
  return { messageId, typing: typing !== undefined };
}

/** Reads the body of a send. @throws GraphError 100, 131008 or 131009, as Meta answers */
export function parseSend(json: Content): SendRequest {
  const parsed = top.safeParse(json);
  if (!parsed.success) throw refusal(parsed.error, json, "");
  const { to, recipient, type, context, biz_opaque_callback_data: callbackData } = parsed.data;
  const address = to ?? recipient;
  if (address === undefined) throw new GraphError(100, { message: "(#100) The parameter to is required." });
  if (!isContentType(type)) {
    const types = Object.keys(contentSchemas)
      .map((name) => name.toUpperCase())
      .sort();
    throw new GraphError(100, { message: `(#100) Param type must be one of {${types.join(", ")}} - got "${type}".` });
  }
  return {
    address,
    addressedBy: to === undefined ? "recipient" : "to",
    type,
    content: { [type]: parseContent(type, json[type]) },
    ...(context === undefined ? {} : { contextId: context.message_id }),
    ...(callbackData === undefined ? {} : { callbackData }),
  };
}

function parseContent(type: ContentType, value: unknown): unknown {
  if (value === undefined)
    throw new GraphError(131008, { details: `Parameter '${type}' is mandatory for type '${type}'.` });
  const schema: z.ZodType = contentSchemas[type];
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw refusal(parsed.error, value, type);
  return parsed.data;
}

/** The first problem in Meta's words: 100 for the text body and top-level fields, 131008 for missing, 131009 for wrong. */
function refusal(error: z.ZodError, value: unknown, type: string): GraphError {
  const issue = error.issues[0];
  const path = issue?.path.map(String) ?? [];
  const name = path.reduce((all, part) => `${all}['${part}']`, type);
  const missing = valueAt(value, path) === undefined || valueAt(value, path) === "";
  const message = issue?.message ?? "";
  if (type === "" || type === "text") {
    const param = type === "" ? path.join(".") : name;
    if (missing) return new GraphError(100, { message: `(#100) The parameter ${param} is required.` });
    if (issue?.code === "too_big")
      return new GraphError(100, {
        message: `(#100) Param ${param} must be at most ${issue.maximum} characters long.`,
      });
    return new GraphError(100, { details: `Param ${param}: ${message}` });
  }
  if (missing && path.length > 0) return new GraphError(131008, { details: `Parameter ${name} is missing.` });
  return new GraphError(131009, { details: message.startsWith("Invalid input") ? `${name}: ${message}` : message });
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== "object" || current === null) return undefined;
    // SAFETY: an object can be read by any key; the result stays unknown.
    current = (current as Readonly<Record<string, unknown>>)[part];
  }
  return current;
}
