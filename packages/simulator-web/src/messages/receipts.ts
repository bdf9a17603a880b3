// Receipts: what people's phones tell senders about their messages, and what linked devices tell the server.
import { type MessageStatus, raiseStatus } from "../phones/chat.ts";
import type { LinkedDevice } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";
import type { Connection } from "../sockets/connection.ts";
import { deliver, deliverToAll } from "../sockets/deliver.ts";
import { childrenOf, deviceOf, isLid, type Node, node } from "../wire/nodes.ts";
import type { World } from "../world.ts";
import { answerRetry } from "./retries.ts";

/** Types of receipts that mean something to the sender; without a type a message was delivered. */
const STATUSES: Readonly<Record<string, MessageStatus>> = {
  delivered: "delivered",
  inactive: "delivered",
  read: "read",
  played: "played",
};

/** A receipt of a person's phone. */
export type PhoneReceipt = {
  /** Who wrote the messages. */
  readonly to: Phone;
  readonly ids: readonly string[];
  readonly status: MessageStatus;
  /** How the phone is addressed in this chat: its own address, or the group's with itself as participant. */
  readonly address: Readonly<{ from: string; participant?: string; recipient?: string | undefined }>;
};

/** Sends a receipt of a person's phone. Read receipts stay away when either side has switched them off. */
export function sendReceipt(world: World, phone: Phone, { to, ids, status, address }: PhoneReceipt): void {
  if (status !== "delivered" && (hidesReads(phone) || hidesReads(to))) return;
  raiseAll(to, ids, status);
  const type = status === "delivered" ? undefined : status;
  const attrs = { ...address, id: ids[0], type, t: world.seconds() };
  deliverToAll(world, to, node("receipt", attrs, listOf(ids)));
}

/** Takes a receipt of a linked device, acknowledges it, and gives it on to who wrote the messages. */
export function takeReceipt(world: World, connection: Connection, stanza: Node): void {
  const { device } = connection;
  if (device === undefined) return;
  const { id = "", to = "", type, participant } = stanza.attrs;
  const items = childrenOf(childrenOf(stanza)[0]).filter(({ tag }) => tag === "item");
  const ids = [id, ...items.map((item) => item.attrs.id ?? "")];
  device.queue.settleByReceipt(stanza);
  world.record.receive({
    phone: device.phone.pn,
    device: device.id,
    to: participant ?? to,
    type: type ?? "delivered",
    ids,
    at: Date.now(),
  });
  connection.send(node("ack", { class: "receipt", id, from: to, type, participant }));
  if (type === "retry") takeRetry(world, device, stanza);
  else passOn(world, device, { stanza, ids });
}

/** Tells the writer's phone and devices. */
function passOn(
  world: World,
  device: LinkedDevice,
  { stanza, ids }: { readonly stanza: Node; readonly ids: readonly string[] },
): void {
  const { to = "", type, participant } = stanza.attrs;
  const author = world.phoneOf(participant ?? to);
  const status = STATUSES[type ?? "delivered"];
  if (author === undefined || status === undefined || author === device.phone) return;
  if (status !== "delivered" && (hidesReads(device.phone) || hidesReads(author))) return;
  raiseAll(author, ids, status);
  const own = device.phone.jid(isLid(participant ?? to) ? "lid" : "pn");
  const address = world.groups.has(to) ? { from: to, participant: own } : { from: own };
  deliverToAll(world, author, node("receipt", { ...address, id: ids[0], type, t: world.seconds() }, stanza.content));
}

/** Somebody's device asks for a message again: its writer is a phone, or another linked device. */
function takeRetry(world: World, device: LinkedDevice, stanza: Node): void {
  const { id = "", to = "", participant } = stanza.attrs;
  const author = world.phoneOf(participant ?? to);
  if (author === undefined) return;
  const writer = author.devices.get(deviceOf(participant ?? to));
  if (writer === undefined) {
    answerRetry(world, author, device, stanza);
    return;
  }
  const own = isLid(participant ?? to) ? device.lidJid : device.pnJid;
  const address = world.groups.has(to) ? { from: to, participant: own } : { from: own };
  world.record.askRetry(author.pn, id);
  deliver(world, writer, node("receipt", { ...address, id, type: "retry", t: world.seconds() }, stanza.content));
}

function hidesReads(phone: Phone): boolean {
  return phone.privacy.get("readreceipts") === "none";
}

function raiseAll(phone: Phone, ids: readonly string[], status: MessageStatus): void {
  for (const id of ids) {
    const message = phone.message(id);
    if (message?.direction === "out") raiseStatus(message, status);
  }
}

/** The first id stands in the attributes, the others in a list. */
function listOf(ids: readonly string[]): Node[] | undefined {
  if (ids.length < 2) return undefined;
  return [
    node(
      "list",
      {},
      ids.slice(1).map((id) => node("item", { id })),
    ),
  ];
}
