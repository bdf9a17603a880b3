// A message of a linked device at a person's phone: decrypted, shown, confirmed; or asked for again.
import type { proto } from "@whiskeysockets/baileys";
import type { Group } from "../groups/group.ts";
import { textOf, typeOf } from "../phones/chat.ts";
import type { LinkedDevice } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";
import { isLid, type Node } from "../wire/nodes.ts";
import type { World } from "../world.ts";
import { answerPeerRequest } from "./history.ts";
import { type PhoneReceipt, sendReceipt } from "./receipts.ts";
import { askAgain } from "./retries.ts";
import { show } from "./show.ts";

/** Ciphertexts for a phone. */
export type Incoming = {
  readonly from: LinkedDevice;
  readonly stanza: Node;
  readonly encs: readonly Node[];
  readonly group?: Group | undefined;
};

/** Takes a message in, behind those that came before. */
export function receive(world: World, phone: Phone, incoming: Incoming): void {
  world.watch(
    phone.signal.serially(async () => {
      const content = await decrypt(world, phone, incoming);
      if (content !== undefined) take(world, phone, incoming, content);
    }),
  );
}

async function decrypt(world: World, phone: Phone, incoming: Incoming): Promise<proto.IMessage | undefined> {
  const { from, stanza, encs, group } = incoming;
  const sender = {
    jid: from.pnJid,
    ...(group === undefined ? {} : { group: group.jid, author: group.deviceJid(from) }),
  };
  const message: proto.IMessage = {};
  const seen = { id: stanza.attrs.id ?? "", from: from.pnJid, phone: phone.pn, at: Date.now() };
  try {
    for (const enc of encs) {
      const content = enc.content instanceof Uint8Array ? enc.content : Buffer.alloc(0);
      const damaged = { ...enc, content: world.faults.damage(content, "phone", phone.pn) };
      const { senderKeyDistributionMessage: _, ...rest } = await phone.signal.decrypt(sender, damaged);
      Object.assign(message, rest);
    }
  } catch (error) {
    world.record.deliver({ ...seen, error: error instanceof Error ? error.message : String(error) });
    askAgain(world, phone, { from, stanza, address: addressOf(phone, incoming) });
    return undefined;
  }
  const inner = message.deviceSentMessage?.message ?? message;
  const text = textOf(inner);
  world.record.deliver({ ...seen, type: typeOf(inner), ...(text === undefined ? {} : { text }) });
  return message;
}

function take(world: World, phone: Phone, incoming: Incoming, content: proto.IMessage): void {
  const { from, stanza, group } = incoming;
  const { id = "", category, to } = stanza.attrs;
  const at = world.now();
  const author = from.phone.pn;
  if (category === "peer") {
    answerPeerRequest(world, from, content);
    return;
  }
  if (phone === from.phone) {
    const copy = content.deviceSentMessage;
    const chat = group?.jid ?? world.phoneOf(copy?.destinationJid ?? to)?.pn ?? "";
    show(phone, { id, chat, author, direction: "out", at, content: copy?.message ?? content });
    return;
  }
  show(phone, { id, chat: group?.jid ?? author, author, direction: "in", at, content });
  const receipt = { to: from.phone, ids: [id], address: addressOf(phone, incoming) } satisfies Partial<PhoneReceipt>;
  if (phone.settings.autoDeliver) sendReceipt(world, phone, { ...receipt, status: "delivered" });
  if (phone.settings.autoRead) sendReceipt(world, phone, { ...receipt, status: "read" });
}

/** How the phone is addressed where the message went. */
function addressOf(phone: Phone, { from, stanza, group }: Incoming): PhoneReceipt["address"] {
  if (group !== undefined) return { from: group.jid, participant: phone.jid(group.mode) };
  const own = phone.jid(isLid(stanza.attrs.to) ? "lid" : "pn");
  return phone === from.phone ? { from: own, recipient: stanza.attrs.to } : { from: own };
}
