// What a phone does with the content of a message: shows it, or changes one that it shows already.
import { proto } from "@whiskeysockets/baileys";
import { type ChatMessage, textOf, typeOf } from "../phones/chat.ts";
import type { Phone } from "../phones/phone.ts";

const { REVOKE, MESSAGE_EDIT } = proto.Message.ProtocolMessage.Type;

/** A message that has come to a phone, or that it has sent. */
export type Arrival = Pick<ChatMessage, "id" | "chat" | "author" | "direction" | "at"> & {
  readonly content: proto.IMessage;
};

/** Puts a message into a phone's chat. An id that it shows already is only counted. */
export function show(phone: Phone, arrival: Arrival): void {
  phone.typing.delete(arrival.author);
  if (change(phone, arrival)) return;
  const known = phone.message(arrival.id);
  if (known?.author === arrival.author && known.chat === arrival.chat) {
    known.duplicates += 1;
    return;
  }
  phone.addMessage({
    ...arrival,
    type: typeOf(arrival.content),
    text: textOf(arrival.content),
    status: "sent",
    edited: false,
    deleted: false,
    reactions: new Map(),
    duplicates: 0,
  });
}

/** Reactions, edits and deletions change another message. Says whether this was one. */
function change(phone: Phone, { content, author }: Arrival): boolean {
  const reaction = content.reactionMessage;
  if (reaction) {
    const target = phone.message(reaction.key?.id ?? "");
    if (reaction.text) target?.reactions.set(author, reaction.text);
    else target?.reactions.delete(author);
    return true;
  }
  const protocol = content.protocolMessage;
  if (!protocol) return false;
  const target = phone.message(protocol.key?.id ?? "");
  if (target !== undefined && protocol.type === REVOKE) {
    target.deleted = true;
    target.text = undefined;
  }
  if (target !== undefined && protocol.type === MESSAGE_EDIT) {
    target.edited = true;
    target.text = textOf(protocol.editedMessage ?? {});
  }
  return true;
}
