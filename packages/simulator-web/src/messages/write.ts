// A person writes on the phone: to another person, to a group, or (unseen) to the phone's own linked devices.
import type { proto } from "@whiskeysockets/baileys";
import type { Group } from "../groups/group.ts";
import type { SentMessage } from "../phones/chat.ts";
import { raiseStatus } from "../phones/chat.ts";
import type { LinkedDevice } from "../phones/device.ts";
import type { AddressingMode, Phone } from "../phones/phone.ts";
import { deliver } from "../sockets/deliver.ts";
import type { World } from "../world.ts";
import { messageId } from "./ids.ts";
import { show } from "./show.ts";
import { contentFor, encryptFor, stanzaFor } from "./stanzas.ts";

/** A message to write. */
export type Writing = {
  readonly content: proto.IMessage;
  /** Default: a new one. */
  readonly id?: string | undefined;
  /** Default: lid, as WhatsApp does it today. */
  readonly mode?: AddressingMode | undefined;
  /** The stanza's type: text (default), media, reaction ... */
  readonly type?: string | undefined;
};

/** Writes to a person. Resolves with the message's id when every linked device's copy is on its way. */
export function writeToPerson(world: World, phone: Phone, other: Phone, writing: Writing): Promise<string> {
  const { content, id = messageId(), mode = "lid", type = "text" } = writing;
  const sent: SentMessage = { message: content, to: other.jid(mode), mode, type, attrs: {} };
  return phone.signal.serially(async () => {
    phone.sent.set(id, sent);
    const at = world.now();
    show(phone, { id, chat: other.pn, author: phone.pn, direction: "out", at, content });
    const reaches = other !== phone && !other.blocked.has(phone);
    const devices = [...(reaches ? other.devices.values() : []), ...phone.devices.values()];
    for (const device of devices) await deliverTo(world, phone, { device, id, sent });
    if (!reaches) return id;
    show(other, { id, chat: phone.pn, author: phone.pn, direction: "in", at, content });
    const message = phone.message(id);
    if (message !== undefined && other.settings.autoDeliver) raiseStatus(message, "delivered");
    if (message !== undefined && other.settings.autoRead) raiseStatus(message, "read");
    return id;
  });
}

/** Writes to a group: encrypted once, with the sender key for devices that do not have it yet. */
export function writeToGroup(world: World, phone: Phone, group: Group, writing: Writing): Promise<string> {
  const { content, id = messageId(), type = "text" } = writing;
  const sent: SentMessage = { message: content, to: group.jid, mode: group.mode, type, attrs: {} };
  return phone.signal.serially(async () => {
    phone.sent.set(id, sent);
    const at = world.now();
    const { enc, distribution } = await phone.signal.encryptForGroup(group.jid, phone.jid(group.mode), content);
    for (const member of group.members.keys()) {
      const direction = member === phone ? "out" : "in";
      show(member, { id, chat: group.jid, author: phone.pn, direction, at, content });
      for (const device of member.devices.values()) {
        const holder = `${group.jid}|${device.pnJid}`;
        const message = { senderKeyDistributionMessage: distribution };
        const first = phone.senderKeyHolders.has(holder) ? [] : [await encryptFor(world, phone, { device, message })];
        phone.senderKeyHolders.add(holder);
        deliver(world, device, stanzaFor(world, phone, { device, id, sent, content: [...first, enc] }));
      }
    }
    return id;
  });
}

/** Sends what only the phone and its linked device see: history, keys, answers. */
export function writeToDevice(world: World, device: LinkedDevice, protocolMessage: proto.Message.IProtocolMessage) {
  const { phone } = device;
  const id = messageId();
  const attrs = { category: "peer", push_priority: "high" };
  const sent: SentMessage = { message: { protocolMessage }, to: phone.pnJid, mode: "pn", type: "text", attrs };
  return phone.signal.serially(async () => {
    phone.sent.set(id, sent);
    await deliverTo(world, phone, { device, id, sent });
    return id;
  });
}

async function deliverTo(
  world: World,
  phone: Phone,
  { device, id, sent }: { readonly device: LinkedDevice; readonly id: string; readonly sent: SentMessage },
): Promise<void> {
  const enc = await encryptFor(world, phone, { device, message: contentFor(phone, device, sent) });
  const content = [enc];
  deliver(world, device, stanzaFor(world, phone, { device, id, sent, content }));
}
