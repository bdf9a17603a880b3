// How phones, messages and groups look in the answers of the test API.
import type { Group } from "../groups/group.ts";
import type { ChatMessage } from "../phones/chat.ts";
import type { LinkedDevice } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";

/** A phone with its linked devices. */
export function phoneView(phone: Phone) {
  const { settings } = phone;
  return {
    pn: phone.pn,
    lid: phone.lid,
    name: settings.name,
    auto_deliver: settings.autoDeliver,
    auto_read: settings.autoRead,
    answers_retries: settings.answersRetries,
    asks_retries: settings.asksRetries,
    sends_history: settings.sendsHistory,
    restricted: settings.restricted,
    online: phone.online,
    typing: Object.fromEntries(phone.typing),
    privacy: Object.fromEntries(phone.privacy),
    blocked: [...phone.blocked].map(({ pn }) => pn),
    messages: phone.messages.length,
    devices: [...phone.devices.values()].map(deviceView),
  };
}

/** A linked device. */
export function deviceView(device: LinkedDevice) {
  return {
    device: device.id,
    jid: device.pnJid,
    lid: device.lidJid,
    platform: device.platform,
    linked_at: new Date(device.linkedAt).toISOString(),
    connected: device.connection?.live ?? false,
    ready: device.connection?.ready ?? false,
    /** Stanzas that it has not confirmed. */
    queued: device.queue.size,
    pre_keys: device.preKeys.length,
  };
}

/** A message as its phone shows it. */
export function messageView(message: ChatMessage, order: number) {
  return {
    id: message.id,
    chat: message.chat,
    author: message.author,
    direction: message.direction,
    type: message.type,
    text: message.text,
    at: new Date(message.at).toISOString(),
    order,
    status: message.status,
    edited: message.edited,
    deleted: message.deleted,
    reactions: Object.fromEntries(message.reactions),
    duplicates: message.duplicates,
  };
}

/** A group. */
export function groupView(group: Group) {
  return {
    jid: group.jid,
    subject: group.subject,
    description: group.description?.text,
    mode: group.mode,
    creator: group.creator.pn,
    members: [...group.members].map(([{ pn }, role]) => ({ pn, role })),
    announcement: group.flags.has("announcement"),
    locked: group.flags.has("locked"),
    ephemeral_seconds: group.ephemeralSeconds,
    invite_code: group.inviteCode,
  };
}
