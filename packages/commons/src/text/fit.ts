// Makes a content that is to be one message fit its provider, or says in words what does not fit and how to mend it.
// degrade.ts is for answers that may become several messages.
import { type Capabilities, takesFile } from "../capabilities.ts";
import { MessageProcessingError } from "../errors.ts";
import type { OutboundContent } from "../outbound.ts";
import type { MediaKind } from "../outbound-parts.ts";
import { degrade } from "./degrade.ts";

/** What does not fit: where in the content ("" for all of it), and how to mend it. */
export interface Misfit {
  readonly path: string;
  readonly message: string;
}

/** A content that fits as one message, or why there is none. */
export type Fitted = { readonly content: OutboundContent } | { readonly misfits: readonly Misfit[] };

/** What is known of a file of ours. */
export interface FileFacts {
  readonly mimeType: string;
  /** In bytes. */
  readonly size: number;
}

/** A file of ours that a content names by its id. */
export interface FileUse {
  /** Where in the content. */
  readonly path: string;
  /** As what it is to be shown. */
  readonly kind: MediaKind;
  readonly mediaId: string;
}

/**
 * Makes a content fit as one message: a fourth button makes a list, an eleventh row makes numbered text.
 * @param can - what the provider shows
 * @returns the content, as it is when it fits; or what does not fit, when it would take several messages or none, or is a
 *   template at a provider without them
 */
export function fit(content: OutboundContent, can: Capabilities): Fitted {
  if (content.type === "template" && !can.templates)
    return { misfits: [{ path: "type", message: "the provider has no templates: send the words as a text" }] };
  const parts = degrade(content, can);
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return { content: only };
  if (only === undefined)
    return { misfits: [{ path: "", message: "there is nothing in it that the provider could show: say something" }] };
  const misfits = [...tooLong(content, can), ...headerAhead(content, only)];
  const into = parts.map(({ type }) => type).join(", ");
  const whole = { path: "", message: `it takes ${parts.length} messages (${into}): send them one by one` };
  return { misfits: misfits.length > 0 ? misfits : [whole] };
}

/**
 * As `fit`, for a message that is about to leave.
 * @throws MessageProcessingError `content_does_not_fit`
 */
export function fitOrThrow(content: OutboundContent, can: Capabilities): OutboundContent {
  const fitted = fit(content, can);
  if ("content" in fitted) return fitted.content;
  throw new MessageProcessingError(
    `The content does not fit the provider as one message: ${inWords(fitted.misfits)}.`,
    {
      code: "content_does_not_fit",
    },
  );
}

/** Misfits as part of a sentence. */
export function inWords(misfits: readonly Misfit[]): string {
  return misfits.map(({ message }) => message).join("; ");
}

/** The files of ours in a content. */
export function filesOf(content: OutboundContent): FileUse[] {
  const files: FileUse[] = [];
  const add = (path: string, kind: MediaKind, media: object) => {
    if ("mediaId" in media && typeof media.mediaId === "string") files.push({ path, kind, mediaId: media.mediaId });
  };
  if ("media" in content) add("media", content.type, content.media);
  if ("header" in content && content.header !== undefined && content.header.type !== "text")
    add("header.media", content.header.type, content.header.media);
  if (content.type === "template")
    for (const [index, { parameters }] of (content.components ?? []).entries())
      for (const [at, parameter] of parameters.entries())
        for (const kind of ["image", "video", "document"] as const)
          add(`components.${index}.parameters.${at}.${kind}`, kind, parameter[kind] ?? {});
  return files;
}

/**
 * What does not fit of the files of ours in a content.
 * @param files - those that there are, by their ids
 */
export function fileMisfits(
  content: OutboundContent,
  can: Capabilities,
  files: ReadonlyMap<string, FileFacts>,
): Misfit[] {
  return filesOf(content).flatMap(({ path, kind, mediaId }) => {
    const file = files.get(mediaId);
    const message = file === undefined ? "there is no file of this id: upload it first" : misfitOf(kind, file, can);
    return message === undefined ? [] : [{ path, message }];
  });
}

function misfitOf(kind: MediaKind, { mimeType, size }: FileFacts, can: Capabilities): string | undefined {
  const able = can.media[kind];
  const other = kind === "document" || can.media.document === null ? "send another file" : "send it as a document";
  if (able === null) return `the provider takes no file as ${kind}: ${other}`;
  if (!takesFile(able, mimeType))
    return `the file is ${mimeType}; as ${kind} the provider takes ${able.mimeTypes?.join(", ")}: ${other}`;
  if (size <= able.maxBytes) return undefined;
  return `the file has ${count(size)} bytes; as ${kind} the provider takes ${count(able.maxBytes)}: make it smaller, or ${other}`;
}

/** A content in which the files of ours have the types that they are of, whatever was said about them. */
export function withFileTypes(
  content: OutboundContent,
  files: ReadonlyMap<string, Pick<FileFacts, "mimeType">>,
): OutboundContent {
  const typed = <T extends { readonly media: object }>(part: T): T => {
    const id = "mediaId" in part.media ? part.media.mediaId : undefined;
    const mimeType = typeof id === "string" ? files.get(id)?.mimeType : undefined;
    return mimeType === undefined ? part : { ...part, mimeType };
  };
  if ("media" in content) return typed(content);
  if (!("header" in content) || content.header === undefined || content.header.type === "text") return content;
  return { ...content, header: typed(content.header) };
}

/** What is longer than the provider takes. */
function tooLong(content: OutboundContent, can: Capabilities): Misfit[] {
  const misfits: Misfit[] = [];
  const check = (path: string, length: number, most: number, how: string) => {
    const counted = path === "contacts" ? "cards" : "characters";
    if (length > most)
      misfits.push({
        path,
        message: `the ${path} has ${count(length)} ${counted}; the provider takes ${count(most)}: ${how}`,
      });
  };
  if ("text" in content)
    check("text", content.text.length, textLimit(content, can), "send several messages, or a shorter one");
  if ("caption" in content && content.caption !== undefined)
    check("caption", content.caption.length, can.captionLength, "shorten it, or send it as a text of its own");
  if (content.type === "contacts")
    check("contacts", content.contacts.length, can.contacts || Infinity, "send several messages");
  return misfits;
}

/** How long the text of a message may be, as what it would be sent. */
function textLimit(content: OutboundContent, can: Capabilities): number {
  switch (content.type) {
    case "buttons":
      if (can.buttons !== null && content.buttons.length <= can.buttons.most) return can.buttons.textLength;
      return content.buttons.length <= (can.list?.rows ?? 0) ? (can.list?.textLength ?? 0) : can.textLength;
    case "list": {
      const rows = content.sections.reduce((sum, section) => sum + section.rows.length, 0);
      return can.list !== null && rows <= can.list.rows ? can.list.textLength : can.textLength;
    }
    case "cta_url":
      return (can.ctaUrl ?? can).textLength;
    case "flow":
      return (can.flow ?? can).textLength;
    case "location_request":
      return (can.locationRequest ?? can).textLength;
    case "contact_info_request":
      return (can.contactInfoRequest ?? can).textLength;
    default:
      return can.textLength;
  }
}

/** A header that would have to go ahead as a message of its own. */
function headerAhead(content: OutboundContent, first: OutboundContent): Misfit[] {
  if (!("header" in content) || content.header === undefined || content.header.type === "text") return [];
  if (!("media" in first)) return [];
  const { type } = content.header;
  return [{ path: "header", message: `no ${type} can stand above this: send it as a message of its own before` }];
}

function count(value: number): string {
  return value.toLocaleString("en");
}
