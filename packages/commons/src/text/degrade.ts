// Makes any content fit a provider, honestly: what it cannot show becomes something that it can, and no word is lost.
// degrade-interactive.ts does it for messages with buttons and lists.
import { bareType, type Capabilities, takesFile } from "../capabilities.ts";
import { MessageProcessingError } from "../errors.ts";
import type { ContentOf, OutboundContent } from "../outbound.ts";
import type { MediaKind } from "../outbound-parts.ts";
import {
  degradeButtons,
  degradeList,
  degradeRequest,
  degradeTitled,
  type Surroundings,
} from "./degrade-interactive.ts";
import { describeContact, describeLocation, paragraphs } from "./describe.ts";
import { splitText } from "./split.ts";

/**
 * Makes a content fit.
 * @param content - any content
 * @param can - what the provider shows
 * @returns contents that the provider takes, in the order in which they are to be sent; the first one quotes. None for a
 *   text that is only white space and for taking back a reaction that could never be shown. What fits comes back as it is
 * @throws MessageProcessingError `template_unsupported`: the words of a template are at a provider that has templates
 */
export function degrade(content: OutboundContent, can: Capabilities): OutboundContent[] {
  const parts = degradeOne(content, can);
  const replyTo = can.replies ? (parts[0]?.replyTo ?? content.replyTo) : undefined;
  return parts.map((part, index) => quoting(part, index === 0 ? replyTo : undefined));
}

function degradeOne(content: OutboundContent, can: Capabilities): OutboundContent[] {
  const around: Surroundings = { can, asText: (text) => asText(text, can), file: (file) => degradeFile(file, can) };
  switch (content.type) {
    case "text":
      return splitText(content.text, can.textLength).map((text) => ({ ...content, text }));
    case "image":
    case "video":
    case "audio":
    case "document":
    case "sticker":
      return degradeFile(content, can);
    case "location":
      return can.location ? [content] : asText(describeLocation(content), can);
    case "contacts":
      return degradeContacts(content, can);
    case "reaction":
      if (can.reactions) return [content];
      return asText(content.emoji, can).map((part) => ({ ...part, replyTo: content.messageId }));
    case "buttons":
      return degradeButtons(content, around);
    case "list":
      return degradeList(content, around);
    case "cta_url":
      return degradeTitled(content, can.ctaUrl, around, `${content.title}: ${content.url}`);
    case "flow":
      return degradeTitled(content, can.flow, around, content.title);
    case "location_request":
      return degradeRequest(content, can.locationRequest, around);
    case "contact_info_request":
      return degradeRequest(content, can.contactInfoRequest, around);
    case "template":
      if (can.templates) return [content];
      throw new MessageProcessingError(
        "This account's provider has no templates; send the words as a text, or through an account of the Cloud API.",
        { code: "template_unsupported" },
      );
  }
}

function asText(text: string, { textLength }: Capabilities): OutboundContent[] {
  return splitText(text, textLength).map((part) => ({ type: "text", text: part }));
}

/** A message with the quote that it is to have, and no other. */
function quoting(content: OutboundContent, replyTo: string | undefined): OutboundContent {
  if (content.replyTo === replyTo) return content;
  const { replyTo: _, ...rest } = content;
  // SAFETY: every variant has replyTo, and everywhere it may be missing.
  return (replyTo === undefined ? rest : { ...rest, replyTo }) as OutboundContent;
}

type File = ContentOf<MediaKind>;

/** A file as what it is, else as a document, else in words; what is too long to stand below it follows. */
function degradeFile(content: File, can: Capabilities): OutboundContent[] {
  if (takesFile(can.media[content.type], content.mimeType)) return withCaption(withVoice(content, can), can);
  if (content.type !== "document" && content.type !== "sticker" && takesFile(can.media.document, content.mimeType)) {
    const { media, mimeType } = content;
    const caption = content.type === "audio" ? undefined : content.caption;
    return withCaption({ type: "document", media, ...given({ mimeType, caption }) }, can);
  }
  return asText(inWords(content), can);
}

function withVoice(content: File, can: Capabilities): File {
  if (content.type !== "audio" || content.voice !== true) return content;
  const type = content.mimeType;
  const isTaken = can.voice.length > 0 && (type === undefined || can.voice.includes(bareType(type)));
  const { voice: _, ...plain } = content;
  return isTaken ? content : plain;
}

function withCaption(content: File, can: Capabilities): OutboundContent[] {
  if (!("caption" in content) || content.caption === undefined) return [content];
  const { caption, ...bare } = content;
  if (caption.trim() === "") return [bare];
  if (caption.length <= can.captionLength) return [content];
  return [bare, ...asText(caption, can)];
}

/** What can be said of a file that cannot be shown. */
function inWords(content: File): string {
  const name = content.type === "document" ? content.filename : undefined;
  const link = "link" in content.media ? content.media.link : undefined;
  const said = content.type === "sticker" ? content.description : "caption" in content ? content.caption : undefined;
  if (content.type === "sticker" && said !== undefined) return said;
  return paragraphs([said, name, link]) || `[${content.type}]`;
}

function degradeContacts(content: ContentOf<"contacts">, can: Capabilities): OutboundContent[] {
  if (can.contacts === 0) return asText(content.contacts.map(describeContact).join("\n\n"), can);
  if (content.contacts.length <= can.contacts) return [content];
  const parts: OutboundContent[] = [];
  for (let at = 0; at < content.contacts.length; at += can.contacts)
    parts.push({ type: "contacts", contacts: content.contacts.slice(at, at + can.contacts) });
  return parts;
}

/** The fields that have a value. */
function given<T extends object>(fields: T): Partial<T> {
  // SAFETY: leaving keys out of an object makes it partial.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
