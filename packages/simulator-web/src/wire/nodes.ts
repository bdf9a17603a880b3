// WhatsApp's stanzas are trees of nodes with a tag, attributes and content. Small readers and makers for them.
import { type BinaryNode, jidDecode } from "@whiskeysockets/baileys";

/** A stanza or a part of one. */
export type Node = BinaryNode;
/** A node's attributes. */
export type Attributes = Readonly<Record<string, string>>;
/** Where stanzas of the server itself come from. */
export const SERVER = "@s.whatsapp.net";

/**
 * Makes a node.
 * @param attrs - those that are undefined are left out
 */
export function node(
  tag: string,
  attrs: Readonly<Record<string, string | undefined>> = {},
  content?: Node["content"],
): Node {
  const given = Object.entries(attrs).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { tag, attrs: Object.fromEntries(given), ...(content === undefined ? {} : { content }) };
}

/** A node's child nodes; none when its content is something else. */
export function childrenOf(parent: Node | undefined): readonly Node[] {
  return Array.isArray(parent?.content) ? parent.content : [];
}

/** The first child with this tag. */
export function childOf(parent: Node | undefined, tag: string): Node | undefined {
  return childrenOf(parent).find((child) => child.tag === tag);
}

/**
 * A node's content as bytes.
 * @throws when the node is missing or has no bytes: the client broke the contract
 */
export function bytesOf(from: Node | undefined): Buffer {
  if (typeof from?.content === "string") return Buffer.from(from.content);
  if (from?.content instanceof Uint8Array) return Buffer.from(from.content);
  throw new Error(`The stanza lacks the bytes of <${from?.tag ?? "?"}>.`);
}

/** A number as so many bytes, the highest first. */
export function bigEndian(value: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}

/** The opposite of `bigEndian`. */
export function numberOf(bytes: Uint8Array): number {
  return Buffer.from(bytes).readUIntBE(0, bytes.length);
}

/** The user part of an address (JID): digits of a phone number or of a LID, or a group's id. */
export function userOf(jid: string | undefined): string {
  return jidDecode(jid)?.user ?? "";
}

/** The device of an address; 0 is the phone itself. */
export function deviceOf(jid: string | undefined): number {
  return jidDecode(jid)?.device ?? 0;
}

/** Whether an address is a LID, WhatsApp's number-free name of a person. */
export function isLid(jid: string | undefined): boolean {
  return jid?.endsWith("@lid") ?? false;
}
