// One content of each type with everything that it can have, and what the Graph API is to be told of it: `type` and the
// field of that name. Source: the pages of the message types of Meta's documentation.
import type { ContentType, OutboundContent } from "../../src/outbound.ts";

const mediaId = "7f1f0a86-26f3-4d0c-8f7e-0d7a0a1c3b11";
const link = "https://files.example/a";

/** What the tests' upload answers for `mediaId`. */
export const uploadedId = "1037543291543636";

/** A content, and the fields of the Graph API's message. */
export interface Example {
  readonly content: OutboundContent;
  readonly sent: Readonly<Record<string, unknown>>;
}

const interactive = (value: object) => ({ type: "interactive", interactive: value });

/** The examples; the compiler names a type that is missing. */
export const examples: { readonly [T in ContentType]: readonly Example[] } = {
  text: [
    { content: { type: "text", text: "Hello" }, sent: { type: "text", text: { body: "Hello", preview_url: false } } },
    {
      content: { type: "text", text: "See https://a.example", previewUrl: true, replyTo: "wamid.IN1" },
      sent: {
        type: "text",
        text: { body: "See https://a.example", preview_url: true },
        context: { message_id: "wamid.IN1" },
      },
    },
  ],
  image: [
    {
      content: { type: "image", media: { link }, mimeType: "image/jpeg", caption: "Our terrace" },
      sent: { type: "image", image: { link, caption: "Our terrace" } },
    },
    { content: { type: "image", media: { mediaId } }, sent: { type: "image", image: { id: uploadedId } } },
  ],
  video: [
    {
      content: { type: "video", media: { mediaId }, caption: "The kitchen", replyTo: "wamid.IN1" },
      sent: {
        type: "video",
        video: { id: uploadedId, caption: "The kitchen" },
        context: { message_id: "wamid.IN1" },
      },
    },
  ],
  audio: [
    { content: { type: "audio", media: { link } }, sent: { type: "audio", audio: { link } } },
    {
      content: { type: "audio", media: { mediaId }, mimeType: "audio/ogg; codecs=opus", voice: true },
      sent: { type: "audio", audio: { id: uploadedId, voice: true } },
    },
  ],
  document: [
    {
      content: {
        type: "document",
        media: { link },
        mimeType: "application/pdf",
        caption: "Menu",
        filename: "menu.pdf",
      },
      sent: { type: "document", document: { link, caption: "Menu", filename: "menu.pdf" } },
    },
  ],
  sticker: [
    {
      content: { type: "sticker", media: { mediaId }, description: "A cat waves" },
      sent: { type: "sticker", sticker: { id: uploadedId } },
    },
  ],
  location: [
    {
      content: { type: "location", latitude: 38.7, longitude: -9.1, name: "Luna", address: "Rua 1" },
      sent: { type: "location", location: { latitude: 38.7, longitude: -9.1, name: "Luna", address: "Rua 1" } },
    },
  ],
  contacts: [
    {
      content: {
        type: "contacts",
        contacts: [
          {
            name: { formatted: "Ana Silva", first: "Ana", last: "Silva" },
            organization: { company: "Luna", title: "Host" },
            phones: [{ phone: "+15550100101", type: "WORK", waId: "15550100101" }],
            emails: [{ email: "ana@luna.example", type: "WORK" }],
            urls: [{ url: "https://luna.example" }],
            addresses: [{ street: "Rua 1", city: "Lisboa", zip: "1000", country: "Portugal", countryCode: "pt" }],
            birthday: "1990-05-17",
          },
        ],
      },
      sent: {
        type: "contacts",
        contacts: [
          {
            name: { formatted_name: "Ana Silva", first_name: "Ana", last_name: "Silva" },
            org: { company: "Luna", title: "Host" },
            phones: [{ phone: "+15550100101", type: "WORK", wa_id: "15550100101" }],
            emails: [{ email: "ana@luna.example", type: "WORK" }],
            urls: [{ url: "https://luna.example" }],
            addresses: [{ street: "Rua 1", city: "Lisboa", zip: "1000", country: "Portugal", country_code: "pt" }],
            birthday: "1990-05-17",
          },
        ],
      },
    },
  ],
  reaction: [
    {
      content: { type: "reaction", messageId: "wamid.IN1", emoji: "👍", replyTo: "wamid.IN0" },
      sent: { type: "reaction", reaction: { message_id: "wamid.IN1", emoji: "👍" } },
    },
    {
      content: { type: "reaction", messageId: "wamid.IN1", emoji: "" },
      sent: { type: "reaction", reaction: { message_id: "wamid.IN1", emoji: "" } },
    },
  ],
  buttons: [
    {
      content: {
        type: "buttons",
        text: "Sure?",
        header: { type: "image", media: { mediaId } },
        footer: "Luna Bistro",
        buttons: [
          { id: "y", title: "Yes" },
          { id: "n", title: "No" },
        ],
      },
      sent: interactive({
        type: "button",
        header: { type: "image", image: { id: uploadedId } },
        body: { text: "Sure?" },
        footer: { text: "Luna Bistro" },
        action: {
          buttons: [
            { type: "reply", reply: { id: "y", title: "Yes" } },
            { type: "reply", reply: { id: "n", title: "No" } },
          ],
        },
      }),
    },
  ],
  list: [
    {
      content: {
        type: "list",
        text: "Our menu",
        header: { type: "text", text: "Tonight" },
        button: "Open",
        sections: [
          { title: "Mains", rows: [{ id: "m1", title: "Risotto", description: "with mushrooms" }] },
          { title: "Sweets", rows: [{ id: "s1", title: "Flan" }] },
        ],
        replyTo: "wamid.IN1",
      },
      sent: {
        ...interactive({
          type: "list",
          header: { type: "text", text: "Tonight" },
          body: { text: "Our menu" },
          action: {
            button: "Open",
            sections: [
              { title: "Mains", rows: [{ id: "m1", title: "Risotto", description: "with mushrooms" }] },
              { title: "Sweets", rows: [{ id: "s1", title: "Flan" }] },
            ],
          },
        }),
        context: { message_id: "wamid.IN1" },
      },
    },
  ],
  cta_url: [
    {
      content: {
        type: "cta_url",
        text: "Our menu",
        header: { type: "document", media: { link }, filename: "menu.pdf" },
        title: "Open",
        url: "https://luna.example/menu",
      },
      sent: interactive({
        type: "cta_url",
        header: { type: "document", document: { link, filename: "menu.pdf" } },
        body: { text: "Our menu" },
        action: { name: "cta_url", parameters: { display_text: "Open", url: "https://luna.example/menu" } },
      }),
    },
  ],
  flow: [
    {
      content: {
        type: "flow",
        text: "A table?",
        title: "Book",
        flowId: "1197715005513101",
        token: "t1",
        action: "navigate",
        screen: "BOOKING",
        data: { guests: 2 },
        mode: "draft",
      },
      sent: interactive({
        type: "flow",
        body: { text: "A table?" },
        action: {
          name: "flow",
          parameters: {
            flow_message_version: "3",
            flow_id: "1197715005513101",
            flow_cta: "Book",
            flow_token: "t1",
            mode: "draft",
            flow_action: "navigate",
            flow_action_payload: { screen: "BOOKING", data: { guests: 2 } },
          },
        },
      }),
    },
    {
      content: { type: "flow", text: "A table?", title: "Book", flowName: "booking", action: "data_exchange" },
      sent: interactive({
        type: "flow",
        body: { text: "A table?" },
        action: {
          name: "flow",
          parameters: {
            flow_message_version: "3",
            flow_name: "booking",
            flow_cta: "Book",
            flow_action: "data_exchange",
          },
        },
      }),
    },
  ],
  location_request: [
    {
      content: { type: "location_request", text: "Where are you?" },
      sent: interactive({
        type: "location_request_message",
        body: { text: "Where are you?" },
        action: { name: "send_location" },
      }),
    },
  ],
  contact_info_request: [
    {
      content: { type: "contact_info_request", text: "Which number may we call?" },
      sent: interactive({
        type: "request_contact_info",
        body: { text: "Which number may we call?" },
        action: { name: "request_contact_info" },
      }),
    },
  ],
  template: [
    {
      content: { type: "template", name: "hello_world", language: "en_US" },
      sent: { type: "template", template: { name: "hello_world", language: { code: "en_US" } } },
    },
    {
      content: {
        type: "template",
        name: "reminder",
        language: "pt_BR",
        components: [
          { type: "header", parameters: [{ type: "image", image: { mediaId } }] },
          { type: "header", parameters: [{ type: "document", document: { link, filename: "menu.pdf" } }] },
          { type: "header", parameters: [{ type: "video", video: { id: "555" } }] },
          {
            type: "body",
            parameters: [
              { type: "text", parameter_name: "name", text: "Ana" },
              { type: "currency", currency: { fallback_value: "$9", code: "USD", amount_1000: 9000 } },
              { type: "date_time", date_time: { fallback_value: "May 1" } },
            ],
          },
          { type: "button", sub_type: "quick_reply", index: 0, parameters: [{ type: "payload", payload: "yes" }] },
          {
            type: "button",
            sub_type: "copy_code",
            index: 1,
            parameters: [{ type: "coupon_code", coupon_code: "25OFF" }],
          },
          {
            type: "button",
            sub_type: "flow",
            index: 2,
            parameters: [{ type: "action", action: { flow_token: "t", flow_action_data: { a: 1 } } }],
          },
        ],
      },
      sent: {
        type: "template",
        template: {
          name: "reminder",
          language: { code: "pt_BR" },
          components: [
            { type: "header", parameters: [{ type: "image", image: { id: uploadedId } }] },
            { type: "header", parameters: [{ type: "document", document: { link, filename: "menu.pdf" } }] },
            { type: "header", parameters: [{ type: "video", video: { id: "555" } }] },
            {
              type: "body",
              parameters: [
                { type: "text", parameter_name: "name", text: "Ana" },
                { type: "currency", currency: { fallback_value: "$9", code: "USD", amount_1000: 9000 } },
                { type: "date_time", date_time: { fallback_value: "May 1" } },
              ],
            },
            { type: "button", sub_type: "quick_reply", index: "0", parameters: [{ type: "payload", payload: "yes" }] },
            {
              type: "button",
              sub_type: "copy_code",
              index: "1",
              parameters: [{ type: "coupon_code", coupon_code: "25OFF" }],
            },
            {
              type: "button",
              sub_type: "flow",
              index: "2",
              parameters: [{ type: "action", action: { flow_token: "t", flow_action_data: { a: 1 } } }],
            },
          ],
        },
      },
    },
  ],
};
