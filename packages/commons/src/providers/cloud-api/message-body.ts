// The body of POST /{phone-number-id}/messages for each kind of content, as the Graph API wants it.
// https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
import type { JsonObject } from "../../json.ts";
import type { ContentOf, OutboundContent } from "../../outbound.ts";
import type { ContactCard, Header, MediaKind, TemplateFile } from "../../outbound-parts.ts";
import type { ResolveMedia } from "../provider.ts";

/**
 * The fields of a message that depend on its content.
 * @param content - fits the Cloud API (`degrade`)
 * @param resolve - is called for every file; what it throws passes
 * @returns `type` and the field of that name
 */
export async function contentBody(content: OutboundContent, resolve: ResolveMedia): Promise<JsonObject> {
  switch (content.type) {
    case "text":
      return { type: "text", text: { body: content.text, preview_url: content.previewUrl ?? false } };
    case "image":
    case "video":
    case "audio":
    case "document":
    case "sticker":
      return { type: content.type, [content.type]: await fileBody(content, resolve) };
    case "location": {
      const { latitude, longitude, name, address } = content;
      return { type: "location", location: { latitude, longitude, name, address } };
    }
    case "contacts":
      return { type: "contacts", contacts: content.contacts.map(contactBody) };
    case "reaction":
      return { type: "reaction", reaction: { message_id: content.messageId, emoji: content.emoji } };
    case "template":
      return { type: "template", template: await templateBody(content, resolve) };
    default:
      return { type: "interactive", interactive: await interactiveBody(content, resolve) };
  }
}

async function fileBody(content: ContentOf<MediaKind>, resolve: ResolveMedia): Promise<JsonObject> {
  return {
    ...(await resolve(content.media)),
    caption: "caption" in content ? content.caption : undefined,
    filename: content.type === "document" ? content.filename : undefined,
    voice: content.type === "audio" ? content.voice : undefined,
  };
}

type Interactive = ContentOf<"buttons" | "list" | "cta_url" | "flow" | "location_request" | "contact_info_request">;

async function interactiveBody(content: Interactive, resolve: ResolveMedia): Promise<JsonObject> {
  return {
    type: INTERACTIVE_TYPES[content.type],
    header: "header" in content && content.header !== undefined ? await headerBody(content.header, resolve) : undefined,
    body: { text: content.text },
    footer: "footer" in content && content.footer !== undefined ? { text: content.footer } : undefined,
    action: actionBody(content),
  };
}

const INTERACTIVE_TYPES: Readonly<Record<Interactive["type"], string>> = {
  buttons: "button",
  list: "list",
  cta_url: "cta_url",
  flow: "flow",
  location_request: "location_request_message",
  contact_info_request: "request_contact_info",
};

function actionBody(content: Interactive): JsonObject {
  switch (content.type) {
    case "buttons":
      return { buttons: content.buttons.map(({ id, title }) => ({ type: "reply", reply: { id, title } })) };
    case "list":
      return {
        button: content.button,
        sections: content.sections.map(({ title, rows }) => ({
          title,
          rows: rows.map(({ id, title: name, description }) => ({ id, title: name, description })),
        })),
      };
    case "cta_url":
      return { name: "cta_url", parameters: { display_text: content.title, url: content.url } };
    case "flow":
      return { name: "flow", parameters: flowParameters(content) };
    case "location_request":
      return { name: "send_location" };
    case "contact_info_request":
      return { name: "request_contact_info" };
  }
}

/** https://developers.facebook.com/docs/whatsapp/flows/guides/sendingaflow */
function flowParameters(content: ContentOf<"flow">): JsonObject {
  const { screen, data } = content;
  return {
    flow_message_version: "3",
    flow_id: content.flowId,
    flow_name: content.flowName,
    flow_cta: content.title,
    flow_token: content.token,
    mode: content.mode,
    flow_action: content.action,
    flow_action_payload: screen === undefined ? undefined : { screen, data },
  };
}

async function headerBody(header: Header, resolve: ResolveMedia): Promise<JsonObject> {
  if (header.type === "text") return { type: "text", text: header.text };
  const filename = header.type === "document" ? header.filename : undefined;
  return { type: header.type, [header.type]: { ...(await resolve(header.media)), filename } };
}

function contactBody(card: ContactCard): JsonObject {
  const { name, organization, phones, emails, urls, addresses, birthday } = card;
  return {
    name: {
      formatted_name: name.formatted,
      first_name: name.first,
      middle_name: name.middle,
      last_name: name.last,
      prefix: name.prefix,
      suffix: name.suffix,
    },
    org: organization,
    phones: phones?.map(({ phone, type, waId }) => ({ phone, type, wa_id: waId })),
    emails,
    urls,
    addresses: addresses?.map(({ countryCode, ...rest }) => ({ ...rest, country_code: countryCode })),
    birthday,
  };
}

async function templateBody(content: ContentOf<"template">, resolve: ResolveMedia): Promise<JsonObject> {
  const components = content.components?.map(async ({ parameters, ...component }) => ({
    ...component,
    // The documentation gives a button's number as a text.
    index: component.index === undefined ? undefined : String(component.index),
    parameters: await Promise.all(
      parameters.map(async ({ image, video, document, ...parameter }) => ({
        ...parameter,
        image: await templateFile(image, resolve),
        video: await templateFile(video, resolve),
        document: await templateFile(document, resolve),
      })),
    ),
  }));
  return {
    name: content.name,
    language: { code: content.language },
    components: components === undefined ? undefined : await Promise.all(components),
  };
}

async function templateFile(file: TemplateFile | undefined, resolve: ResolveMedia): Promise<JsonObject | undefined> {
  if (file === undefined) return undefined;
  if ("id" in file) return { id: file.id, filename: file.filename };
  const { filename, ...media } = file;
  return { ...(await resolve(media)), filename };
}
