// What a customer's message says: for each of Meta's message types the text that a person would read, the type's own
// object, and whether it awaits an answer. https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks
import type { Json, JsonObject } from "../../json.ts";
import { listOf, objectOf, textOf } from "../untrusted-json.ts";

/** The content of a message, and whether an agent should answer it. */
export interface Content {
  readonly text: string;
  readonly content: JsonObject;
  readonly awaitsAnswer: boolean;
}

/** Reads the type's own object; undefined when it is not what the type needs. */
type ContentReader = (own: Json | undefined, message: JsonObject) => Content | undefined;

const readers = new Map<string, ContentReader>([
  ["text", readText],
  ["image", readObject(captionOf)],
  ["video", readObject(captionOf)],
  ["document", readObject(captionOf)],
  ["audio", readObject(captionOf)],
  // The name of voice notes in old payloads; today they are `audio` with `voice: true`.
  ["voice", readObject(captionOf)],
  ["sticker", readObject(captionOf)],
  ["location", readObject((own) => joined([own.name, own.address]))],
  ["contacts", readContacts],
  ["button", readObject((own) => textOf(own.text) ?? "")],
  ["interactive", readInteractive],
  ["order", readObject((own) => textOf(own.text) ?? "")],
  ["unsupported", readUnsupported],
  // The older name of `unsupported`.
  ["unknown", readUnsupported],
]);

/**
 * Reads the content of a message by its type.
 * @returns `"unknown_type"` for a type that is not known here; undefined when the type's own object is missing or malformed
 */
export function readContent(type: string, message: JsonObject): Content | undefined | "unknown_type" {
  const reader = readers.get(type);
  return reader === undefined ? "unknown_type" : reader(message[type], message);
}

function readText(own: Json | undefined): Content | undefined {
  const content = objectOf(own);
  const text = textOf(content?.body);
  return content === undefined || text === undefined ? undefined : { text, content, awaitsAnswer: true };
}

function readObject(textIn: (own: JsonObject) => string): ContentReader {
  return (own) => {
    const content = objectOf(own);
    return content && { text: textIn(content), content, awaitsAnswer: true };
  };
}

function captionOf(own: JsonObject): string {
  return textOf(own.caption) ?? "";
}

function readContacts(own: Json | undefined): Content | undefined {
  const contacts = listOf(own);
  if (contacts === undefined) return undefined;
  const names = contacts.map((contact) => objectOf(objectOf(contact)?.name)?.formatted_name);
  return { text: joined(names), content: { contacts }, awaitsAnswer: true };
}

/** Where the readable part of a reply to an interactive message stands; other kinds (call permission ...) await nothing. */
const interactiveText = new Map([
  ["button_reply", "title"],
  ["list_reply", "title"],
  ["nfm_reply", "body"],
]);

function readInteractive(own: Json | undefined): Content | undefined {
  const content = objectOf(own);
  const kind = textOf(content?.type);
  if (content === undefined || kind === undefined) return undefined;
  const field = interactiveText.get(kind);
  if (field === undefined) return { text: "", content, awaitsAnswer: false };
  const reply = objectOf(content[kind]);
  return reply && { text: textOf(reply[field]) ?? "", content, awaitsAnswer: true };
}

/** What Meta cannot show us and nobody waits for; everything else (a poll, a view-once photo ...) a customer sent to be answered. */
const silentUnsupported = new Set(["edit", "revoke", "reaction", "pin", "keep_in_chat", "poll_update"]);

function readUnsupported(own: Json | undefined, message: JsonObject): Content {
  const details = objectOf(own) ?? {};
  return {
    text: "",
    content: { ...details, errors: message.errors },
    awaitsAnswer: !silentUnsupported.has(textOf(details.type) ?? ""),
  };
}

function joined(parts: readonly (Json | undefined)[]): string {
  return parts.flatMap((part) => textOf(part) ?? []).join(", ");
}
