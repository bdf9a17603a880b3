// What the body of POST /{phone-number-id}/messages may hold: one zod schema for each message type, with Meta's limits.
// Source: the message type pages of the WhatsApp Cloud API documentation.
import { z } from "zod";
import { interactive } from "./interactive.ts";
import { media, text } from "./parts.ts";

const caption = text("Caption", 1024).optional();
const coordinate = (limit: number) => z.coerce.number().min(-limit).max(limit);

/** The schema of each message type's own field. */
export const contentSchemas = {
  text: z.looseObject({ body: text("Body", 4096), preview_url: z.boolean().optional() }),
  image: media({ caption }),
  video: media({ caption }),
  document: media({ caption, filename: text("Filename", 240).optional() }),
  audio: media({ voice: z.boolean().optional() }),
  sticker: media(),
  location: z.looseObject({
    latitude: coordinate(90),
    longitude: coordinate(180),
    name: z.string().max(1000).optional(),
    address: z.string().max(1000).optional(),
  }),
  contacts: z
    .array(
      z.looseObject({
        name: z.looseObject({ formatted_name: text("formatted_name", 1000) }),
        phones: z.array(z.looseObject({ phone: z.string().optional(), wa_id: z.string().optional() })).optional(),
        emails: z.array(z.looseObject({ email: z.string().optional() })).optional(),
      }),
    )
    .min(1, "At least one contact is needed")
    .max(257, "At most 257 contacts"),
  reaction: z.looseObject({ message_id: text("message_id", 512), emoji: z.string().max(64) }),
  interactive,
  template: z.looseObject({
    name: text("Template name", 512),
    language: z.looseObject({ code: text("Language code", 16) }),
    components: z.array(z.looseObject({ type: z.string() })).optional(),
  }),
} as const satisfies Readonly<Record<string, z.ZodType>>;

/** A message type that the Graph API accepts. */
export type ContentType = keyof typeof contentSchemas;

/** Whether a text names a message type. */
export function isContentType(type: unknown): type is ContentType {
  return typeof type === "string" && Object.hasOwn(contentSchemas, type);
}
