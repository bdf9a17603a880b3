// What the body of POST /{phone-number-id}/messages may hold: one zod schema for each message type, with Meta's limits.
// Source: the message type pages of the WhatsApp Cloud API documentation.
import { z } from "zod";

const text = (name: string, max: number) =>
  z.string().min(1, `${name} is required`).max(max, `${name} length invalid. Min length: 1, Max length: ${max}`);
const link = z.string().regex(/^https?:\/\//, "link must be an http or https URL");

const media = (more: Readonly<Record<string, z.ZodType>> = {}) =>
  z
    .looseObject({ id: z.string().min(1).optional(), link: link.optional(), ...more })
    .refine((value) => (value.id === undefined) !== (value.link === undefined), {
      message: "Exactly one of id and link is needed",
    });
const caption = text("Caption", 1024).optional();

const header = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text"), text: text("Header text", 60) }),
  z.looseObject({ type: z.literal("image"), image: media() }),
  z.looseObject({ type: z.literal("video"), video: media() }),
  z.looseObject({ type: z.literal("document"), document: media() }),
]);
const body = (max: number) => z.looseObject({ text: text("Body text", max) });
const footer = z.looseObject({ text: text("Footer text", 60) }).optional();
const unique = (values: readonly string[]) => new Set(values).size === values.length;

const button = z.looseObject({
  type: z.literal("button"),
  header: header.optional(),
  body: body(1024),
  footer,
  action: z.looseObject({
    buttons: z
      .array(
        z.looseObject({
          type: z.literal("reply"),
          reply: z.looseObject({ id: text("Button id", 256), title: text("Button title", 20) }),
        }),
      )
      .min(1, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
      .max(3, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
      .refine((items) => unique(items.map((item) => item.reply.id)), "Duplicate button ids")
      .refine((items) => unique(items.map((item) => item.reply.title)), "Duplicate button titles"),
  }),
});

const section = z.looseObject({
  title: text("Section title", 24).optional(),
  rows: z
    .array(
      z.looseObject({
        id: text("Row id", 200),
        title: text("Row title", 24),
        description: z.string().max(72, "Row description length invalid. Max length: 72").optional(),
      }),
    )
    .min(1, "A section needs at least one row"),
});
const list = z.looseObject({
  type: z.literal("list"),
  header: z.looseObject({ type: z.literal("text"), text: text("Header text", 60) }).optional(),
  body: body(4096),
  footer,
  action: z.looseObject({
    button: text("List button", 20),
    sections: z
      .array(section)
      .min(1, "Invalid sections count. Min allowed sections: 1, Max allowed sections: 10")
      .max(10, "Invalid sections count. Min allowed sections: 1, Max allowed sections: 10")
      .refine(
        (items) => items.length === 1 || items.every((item) => item.title !== undefined),
        "Section title is required when there is more than one section",
      )
      .refine(
        (items) => items.flatMap((item) => item.rows).length <= 10,
        "Total row count exceed max allowed count: 10",
      )
      .refine((items) => unique(items.flatMap((item) => item.rows.map((row) => row.id))), "Duplicate row ids"),
  }),
});

const ctaUrl = z.looseObject({
  type: z.literal("cta_url"),
  header: header.optional(),
  body: body(1024),
  footer,
  action: z.looseObject({
    name: z.literal("cta_url"),
    parameters: z.looseObject({ display_text: text("Display text", 20), url: link }),
  }),
});

const locationRequest = z.looseObject({
  type: z.literal("location_request_message"),
  body: body(1024),
  action: z.looseObject({ name: z.literal("send_location") }),
});

/** Types that are accepted with a body of any form; the simulator does not look deeper. */
const others = [
  "flow",
  "product",
  "product_list",
  "catalog_message",
  "address_message",
  "call_permission_request",
  "voice_call",
  "carousel",
  "request_contact_info",
] as const;
const other = z.looseObject({ type: z.enum(others), body: body(1024).optional(), action: z.looseObject({}) });

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
    .array(z.looseObject({ name: z.looseObject({ formatted_name: text("formatted_name", 1000) }) }))
    .min(1, "At least one contact is needed")
    .max(257, "At most 257 contacts"),
  reaction: z.looseObject({ message_id: text("message_id", 512), emoji: z.string().max(64) }),
  interactive: z.discriminatedUnion("type", [button, list, ctaUrl, locationRequest, other]),
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
