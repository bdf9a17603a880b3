// Messages as a phone shows them.
import { getContentType, normalizeMessageContent, type proto } from "@whiskeysockets/baileys";
import type { AddressingMode } from "./phone.ts";

/** The ticks. */
export type MessageStatus = "sent" | "delivered" | "read" | "played";

/** One message in a chat of a phone. */
export type ChatMessage = {
  readonly id: string;
  /** Digits of the other person's phone number, or the address of a group. */
  readonly chat: string;
  /** Digits of the writer's phone number. */
  readonly author: string;
  /** As this phone sees it. */
  readonly direction: "in" | "out";
  /** Such as "conversation" or "imageMessage". */
  readonly type: string;
  text: string | undefined;
  readonly content: proto.IMessage;
  /** Unix time in ms. */
  readonly at: number;
  status: MessageStatus;
  edited: boolean;
  deleted: boolean;
  /** Digits of who reacted -> emoji. */
  readonly reactions: Map<string, string>;
  /** How many more times the same id has arrived; a phone shows it once. */
  duplicates: number;
};

/** What a phone keeps of a message that it has sent. */
export type SentMessage = {
  readonly message: proto.IMessage;
  /** Address of the person or group. */
  readonly to: string;
  readonly mode: AddressingMode;
  /** The stanza's type: text, media, reaction ... */
  readonly type: string;
  readonly attrs: Readonly<Record<string, string>>;
};

const ORDER: readonly MessageStatus[] = ["sent", "delivered", "read", "played"];

/** Moves the ticks of a message forward, never back. */
export function raiseStatus(message: ChatMessage, status: MessageStatus): void {
  if (ORDER.indexOf(status) > ORDER.indexOf(message.status)) message.status = status;
}

/** The text that a person sees: of the message itself, or the caption of its picture. */
export function textOf(content: proto.IMessage): string | undefined {
  const inner = normalizeMessageContent(content);
  const text =
    inner?.conversation ??
    inner?.extendedTextMessage?.text ??
    inner?.imageMessage?.caption ??
    inner?.videoMessage?.caption ??
    inner?.documentMessage?.caption;
  return text ?? undefined;
}

/** The kind of content, as the protocol names it. */
export function typeOf(content: proto.IMessage): string {
  return getContentType(normalizeMessageContent(content) ?? undefined) ?? "unknown";
}
