// What a person can write, as the test API takes it, made into the protocol's message.
import { proto } from "@whiskeysockets/baileys";
import { RequestError } from "../errors.ts";
import { type MediaKind, openMedia, sealMedia } from "../media/crypto.ts";
import type { ChatMessage } from "../phones/chat.ts";
import type { Phone } from "../phones/phone.ts";
import { SERVER } from "../wire/nodes.ts";
import type { World } from "../world.ts";

/** Kinds of media in drafts. */
export type MediaField = "image" | "video" | "audio" | "document";
/** A file in a draft. */
export type DraftFile = {
  readonly data: Buffer;
  readonly mimetype?: string | undefined;
  readonly caption?: string | undefined;
  readonly fileName?: string | undefined;
};

/** One message that a person writes: exactly one of its kinds, and perhaps what it replies to. */
export type Draft = {
  readonly text?: string | undefined;
  readonly media?: { readonly field: MediaField; readonly file: DraftFile } | undefined;
  readonly location?: { readonly latitude: number; readonly longitude: number; readonly name?: string | undefined };
  readonly reaction?: { readonly messageId: string; readonly emoji: string };
  readonly edit?: { readonly messageId: string; readonly text: string };
  /** Id of the message that is deleted for everybody. */
  readonly deletes?: string | undefined;
  /** Any message in the JSON form of the protocol's schema. */
  readonly raw?: Record<string, unknown> | undefined;
  /** Id of the message that is quoted. */
  readonly replyTo?: string | undefined;
};

const KINDS: Readonly<Record<MediaField, { readonly kind: MediaKind; readonly mimetype: string }>> = {
  image: { kind: "Image", mimetype: "image/jpeg" },
  video: { kind: "Video", mimetype: "video/mp4" },
  audio: { kind: "Audio", mimetype: "audio/ogg; codecs=opus" },
  document: { kind: "Document", mimetype: "application/pdf" },
};

/**
 * Makes the message, and the type of its stanza.
 * @throws RequestError when it is about a message that the phone does not have
 */
export function contentOf(world: World, phone: Phone, draft: Draft): { content: proto.IMessage; type: string } {
  const contextInfo = draft.replyTo === undefined ? {} : { contextInfo: quoteOf(phone, draft.replyTo) };
  if (draft.media !== undefined) return { content: mediaContent(world, draft.media, contextInfo), type: "media" };
  if (draft.reaction !== undefined) return { content: reactionOf(phone, draft.reaction), type: "reaction" };
  if (draft.location !== undefined) {
    const { latitude, longitude, name } = draft.location;
    const place = { degreesLatitude: latitude, degreesLongitude: longitude, ...(name === undefined ? {} : { name }) };
    return { content: { locationMessage: { ...place, ...contextInfo } }, type: "media" };
  }
  if (draft.raw !== undefined) return { content: proto.Message.fromObject(draft.raw), type: "text" };
  if (draft.edit !== undefined || draft.deletes !== undefined)
    return { content: protocolOf(phone, draft), type: "text" };
  const text = draft.text ?? "";
  if (draft.replyTo === undefined) return { content: { conversation: text }, type: "text" };
  return { content: { extendedTextMessage: { text, ...contextInfo } }, type: "text" };
}

function mediaContent(world: World, media: NonNullable<Draft["media"]>, contextInfo: object): proto.IMessage {
  const { field, file } = media;
  const { kind, mimetype } = KINDS[field];
  const { bytes, ...sealed } = sealMedia(file.data, kind);
  const directPath = world.media.put(bytes);
  const message = {
    ...sealed,
    ...contextInfo,
    url: `https://${world.mediaHost}${directPath}`,
    directPath,
    mediaKeyTimestamp: Number(world.seconds()),
    mimetype: file.mimetype ?? mimetype,
    ...(file.caption === undefined ? {} : { caption: file.caption }),
    ...(file.fileName === undefined ? {} : { fileName: file.fileName }),
  };
  return { [`${field}Message`]: message };
}

/** The file of a message that the phone shows; undefined when it has none or the media server does not hold it. */
export function fileOf(world: World, message: ChatMessage): { data: Buffer; mimetype: string } | undefined {
  for (const field of ["image", "video", "audio", "document"] as const) {
    const media = message.content[`${field}Message`];
    const bytes = world.media.get(media?.directPath ?? "");
    if (!media?.mediaKey || bytes === undefined) continue;
    const { kind, mimetype } = KINDS[field];
    return { data: openMedia(bytes, media.mediaKey, kind), mimetype: media.mimetype ?? mimetype };
  }
  return undefined;
}

function reactionOf(phone: Phone, { messageId, emoji }: NonNullable<Draft["reaction"]>): proto.IMessage {
  return { reactionMessage: { key: keyOf(phone, messageId), text: emoji, senderTimestampMs: Date.now() } };
}

function protocolOf(phone: Phone, { edit, deletes }: Draft): proto.IMessage {
  const { Type } = proto.Message.ProtocolMessage;
  if (edit === undefined) return { protocolMessage: { key: keyOf(phone, deletes ?? ""), type: Type.REVOKE } };
  const editedMessage = { conversation: edit.text };
  return { protocolMessage: { key: keyOf(phone, edit.messageId), type: Type.MESSAGE_EDIT, editedMessage } };
}

function messageOf(phone: Phone, id: string): ChatMessage {
  const message = phone.message(id);
  if (message === undefined) throw new RequestError(404, "This phone shows no message with that id.");
  return message;
}

function keyOf(phone: Phone, id: string): proto.IMessageKey {
  const { chat, author } = messageOf(phone, id);
  const isGroup = chat.endsWith("@g.us");
  return {
    remoteJid: isGroup ? chat : chat + SERVER,
    fromMe: author === phone.pn,
    id,
    ...(isGroup ? { participant: author + SERVER } : {}),
  };
}

function quoteOf(phone: Phone, id: string): proto.IContextInfo {
  const { author, content } = messageOf(phone, id);
  return { stanzaId: id, participant: author + SERVER, quotedMessage: content };
}
