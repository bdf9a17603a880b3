// The interactive messages: buttons, lists, links, flows, requests, products. One zod schema for each, with Meta's limits.
// Source: "Interactive messages" of the WhatsApp Cloud API documentation.
import { z } from "zod";
import { body, footer, header, link, text, unique } from "./parts.ts";

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

const contactRequest = z.looseObject({
  type: z.literal("request_contact_info"),
  body: body(1024),
  action: z.looseObject({ name: z.literal("request_contact_info") }),
});

const flow = z.looseObject({
  type: z.literal("flow"),
  header: header.optional(),
  body: body(1024),
  footer,
  action: z.looseObject({
    name: z.literal("flow"),
    parameters: z
      .looseObject({
        flow_message_version: z.string(),
        flow_cta: text("Flow CTA", 30),
        flow_id: z.string().min(1).optional(),
        flow_name: z.string().min(1).optional(),
        flow_token: z.string().max(200).optional(),
        mode: z.enum(["draft", "published"]).optional(),
        flow_action: z.enum(["navigate", "data_exchange"]).optional(),
      })
      .refine((value) => (value.flow_id === undefined) !== (value.flow_name === undefined), {
        message: "Exactly one of flow_id and flow_name is needed",
      }),
  }),
});

const product = z.looseObject({
  type: z.literal("product"),
  body: body(1024).optional(),
  footer,
  action: z.looseObject({ catalog_id: z.string().min(1), product_retailer_id: z.string().min(1) }),
});

const productItems = z.array(z.looseObject({ product_retailer_id: z.string().min(1) })).min(1);
const productList = z.looseObject({
  type: z.literal("product_list"),
  header: z.looseObject({ type: z.literal("text"), text: text("Header text", 60) }),
  body: body(1024),
  footer,
  action: z.looseObject({
    catalog_id: z.string().min(1),
    sections: z
      .array(z.looseObject({ title: text("Section title", 24).optional(), product_items: productItems }))
      .min(1)
      .max(10)
      .refine(
        (items) => items.flatMap((item) => item.product_items).length <= 30,
        "Total product count exceed max allowed count: 30",
      ),
  }),
});

const carousel = z.looseObject({
  type: z.literal("carousel"),
  body: body(1024),
  action: z.looseObject({
    cards: z
      .array(z.looseObject({ card_index: z.number().int().min(0).max(9), type: z.string() }))
      .min(2, "Invalid cards count. Min allowed cards: 2, Max allowed cards: 10")
      .max(10, "Invalid cards count. Min allowed cards: 2, Max allowed cards: 10"),
  }),
});

/** Types of which only the outer form is checked. */
const others = ["catalog_message", "address_message", "call_permission_request", "voice_call"] as const;
const other = z.looseObject({
  type: z.enum(others),
  body: body(1024).optional(),
  footer,
  action: z.looseObject({ name: z.string().min(1) }),
});

/** Every interactive message. */
export const interactive = z.discriminatedUnion("type", [
  button,
  list,
  ctaUrl,
  locationRequest,
  contactRequest,
  flow,
  product,
  productList,
  carousel,
  other,
]);
