// The message stanzas that devices get from a person's phone: in a chat, in a group, or about what the phone itself sent.
import type { proto } from "@whiskeysockets/baileys";
import { takeBundle } from "../account/prekeys.ts";
import type { SentMessage } from "../phones/chat.ts";
import type { LinkedDevice } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";
import { isLid, type Node, node } from "../wire/nodes.ts";
import type { World } from "../world.ts";

/** Encrypts a phone's message for one device, in the session that they have or in a new one. */
export async function encryptFor(
  world: World,
  phone: Phone,
  { device, message }: { readonly device: LinkedDevice; readonly message: proto.IMessage },
): Promise<Node> {
  const jid = device.pnJid;
  if (!(await phone.signal.hasSession(jid))) await phone.signal.startSession(jid, takeBundle(world, device));
  return phone.signal.encrypt(jid, message);
}

/** What this device is to decrypt: a linked device of the sender learns where the message went. */
export function contentFor(phone: Phone, device: LinkedDevice, sent: SentMessage): proto.IMessage {
  const isOwnCopy = device.phone === phone && sent.attrs.category !== "peer" && !sent.to.endsWith("@g.us");
  return isOwnCopy ? { deviceSentMessage: { destinationJid: sent.to, message: sent.message } } : sent.message;
}

/** The stanza around ciphertexts for one device. */
export function stanzaFor(world: World, phone: Phone, options: StanzaOptions): Node {
  const { device, id, sent, content } = options;
  const common = { id, t: world.seconds(), type: sent.type, notify: phone.settings.name, ...sent.attrs };
  return node("message", { ...addressFor(world, phone, device, sent), ...common }, content);
}

type StanzaOptions = {
  readonly device: LinkedDevice;
  readonly id: string;
  readonly sent: SentMessage;
  readonly content: Node[];
};

function addressFor(world: World, phone: Phone, device: LinkedDevice, sent: SentMessage): Record<string, string> {
  const group = world.groups.get(sent.to);
  if (group !== undefined) return { from: group.jid, ...group.participantAttrs(phone.jid(group.mode), phone) };
  const from = phone.jid(sent.mode);
  if (device.phone === phone && sent.attrs.category !== "peer") {
    const other = world.phoneOf(sent.to);
    const alt = isLid(sent.to) ? { recipient_pn: other?.pnJid } : { recipient_lid: other?.lidJid };
    return compact({ from, recipient: sent.to, addressing_mode: sent.mode, ...alt });
  }
  const alt = sent.mode === "lid" ? { sender_pn: phone.pnJid } : { sender_lid: phone.lidJid };
  return compact({ from, addressing_mode: sent.mode, ...alt });
}

function compact(attrs: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(attrs).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
