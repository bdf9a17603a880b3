// What a phone gives a newly linked device: its chats, the names that it knows, which LID belongs to which number, and
// the key of the app state. Also its answers when the device asks for more.
import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import { proto } from "@whiskeysockets/baileys";
import type { ChatMessage } from "../phones/chat.ts";
import type { LinkedDevice } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";
import type { World } from "../world.ts";
import { writeToDevice } from "./write.ts";

const { HistorySyncType } = proto.HistorySync;
const { Type } = proto.Message.ProtocolMessage;
const { INITIAL_BOOTSTRAP, ON_DEMAND, PUSH_NAME } = HistorySyncType;

/** The app state key of each account; all its devices share it. */
const appStateKeys = new WeakMap<Phone, proto.Message.IAppStateSyncKey>();

/** Sends the history to a device that has not had it, when it is ready for the first time. */
export function sendHistoryOnce(world: World, device: LinkedDevice): void {
  if (!device.awaitsHistory || !device.phone.settings.sendsHistory) return;
  device.awaitsHistory = false;
  shareAppStateKey(world, device);
  const { phone } = device;
  const phoneNumberToLidMappings = world.phones.map(({ pnJid, lidJid }) => ({ pnJid, lidJid }));
  const pushnames = world.phones
    .filter((other) => other !== phone)
    .map((other) => ({ id: other.pnJid, pushname: other.settings.name }));
  const conversations = conversationsOf(world, phone, phone.messages);
  world.watch(sendHistory(world, device, { syncType: INITIAL_BOOTSTRAP, conversations, phoneNumberToLidMappings }));
  world.watch(sendHistory(world, device, { syncType: PUSH_NAME, pushnames }));
}

/** Sends one part of the history. */
export function sendHistory(world: World, device: LinkedDevice, history: proto.IHistorySync): Promise<string> {
  const syncType = history.syncType ?? INITIAL_BOOTSTRAP;
  const part = { chunkOrder: 1, progress: 100, ...history, syncType };
  const bytes = proto.HistorySync.encode(proto.HistorySync.fromObject(part)).finish();
  return writeToDevice(world, device, {
    type: Type.HISTORY_SYNC_NOTIFICATION,
    historySyncNotification: {
      // SAFETY: two enums of the same numbers in WhatsApp's own schema.
      syncType: syncType as number as proto.Message.HistorySyncType,
      chunkOrder: part.chunkOrder,
      progress: part.progress,
      initialHistBootstrapInlinePayload: deflateSync(bytes),
    },
  });
}

/** Answers what a device asks its phone for. */
export function answerPeerRequest(world: World, device: LinkedDevice, content: proto.IMessage): void {
  const request = content.protocolMessage;
  if (request?.type === Type.APP_STATE_SYNC_KEY_REQUEST) shareAppStateKey(world, device);
  const more = request?.peerDataOperationRequestMessage?.historySyncOnDemandRequest;
  if (!more) return;
  const { phone } = device;
  const chat = world.phoneOf(more.chatJid ?? "")?.pn ?? more.chatJid;
  const end = phone.messages.findIndex(({ id }) => id === more.oldestMsgId);
  const older = phone.messages.slice(0, Math.max(end, 0)).filter((message) => message.chat === chat);
  const conversations = conversationsOf(world, phone, older.slice(-(more.onDemandMsgCount ?? 50)));
  world.watch(sendHistory(world, device, { syncType: ON_DEMAND, conversations }));
}

function shareAppStateKey(world: World, device: LinkedDevice): void {
  const key = appStateKeys.get(device.phone) ?? newAppStateKey(world);
  appStateKeys.set(device.phone, key);
  const appStateSyncKeyShare = { keys: [key] };
  world.watch(writeToDevice(world, device, { type: Type.APP_STATE_SYNC_KEY_SHARE, appStateSyncKeyShare }));
}

function newAppStateKey(world: World): proto.Message.IAppStateSyncKey {
  return {
    keyId: { keyId: Buffer.concat([Buffer.alloc(2), randomBytes(4)]) },
    keyData: {
      keyData: randomBytes(32),
      timestamp: Number(world.seconds()),
      fingerprint: { rawId: 1, currentIndex: 0, deviceIndexes: [0] },
    },
  };
}

function conversationsOf(world: World, phone: Phone, messages: readonly ChatMessage[]): proto.IConversation[] {
  return [...Map.groupBy(messages, ({ chat }) => chat)].map(([chat, inChat]) => {
    const other = world.phone(chat);
    const id = other?.lidJid ?? chat;
    const name = other?.settings.name ?? world.groups.get(chat)?.subject ?? chat;
    const addresses = other === undefined ? {} : { pnJid: other.pnJid, lidJid: other.lidJid };
    return { id, name, ...addresses, messages: inChat.map((each) => historyMessage(world, phone, id, each)) };
  });
}

function historyMessage(world: World, phone: Phone, chatJid: string, message: ChatMessage): proto.IHistorySyncMsg {
  const fromMe = message.author === phone.pn;
  const author = world.phone(message.author);
  const participant = chatJid.endsWith("@g.us") && !fromMe ? author?.lidJid : undefined;
  return {
    message: {
      key: { remoteJid: chatJid, fromMe, id: message.id, ...(participant === undefined ? {} : { participant }) },
      message: message.content,
      messageTimestamp: Math.floor(message.at / 1000),
    },
  };
}
