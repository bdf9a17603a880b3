// A message of a linked device at the server: accepted or refused, then given on to phones and to other linked devices.
import type { Group } from "../groups/group.ts";
import type { LinkedDevice } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";
import type { Connection } from "../sockets/connection.ts";
import { deliver } from "../sockets/deliver.ts";
import { childOf, childrenOf, deviceOf, isLid, type Node, node } from "../wire/nodes.ts";
import type { World } from "../world.ts";
import { receive } from "./receive.ts";

/** Takes a message of a client. */
export function takeMessage(world: World, connection: Connection, stanza: Node): void {
  const { device } = connection;
  if (device === undefined) return;
  const { id = "", to = "" } = stanza.attrs;
  const refused = refusalOf(world, device, stanza);
  world.record.accept({
    id,
    to,
    phone: device.phone.pn,
    device: device.id,
    socket: connection.entry.socket,
    at: Date.now(),
    ...(refused === undefined ? {} : { refused }),
  });
  if (!world.faults.swallowsAcks)
    connection.send(node("ack", { class: "message", id, from: to, t: world.seconds(), error: refused?.toString() }));
  if (refused !== undefined) return;
  const group = world.groups.get(to);
  if (group === undefined) relayToPeople(world, device, stanza);
  else if (stanza.attrs.participant !== undefined) relayAgain(world, device, { stanza, group });
  else relayToGroup(world, device, { stanza, group });
}

/** The error code with which a message is refused. */
function refusalOf(world: World, device: LinkedDevice, stanza: Node): number | undefined {
  const { to = "", category } = stanza.attrs;
  const fault = world.faults.ackErrorFor(device.phone.pn, to);
  if (fault !== undefined) return fault;
  if (to.endsWith("@g.us")) {
    const group = world.groups.get(to);
    if (group === undefined) return 404;
    return group.mayWrite(device.phone) ? undefined : 403;
  }
  const other = world.phoneOf(to);
  const isStranger = other !== device.phone && !device.phone.hasHeardFrom(other?.pn);
  return device.phone.settings.restricted && category !== "peer" && isStranger ? 463 : undefined;
}

function relayToPeople(world: World, from: LinkedDevice, stanza: Node): void {
  const { to = "" } = stanza.attrs;
  const listed = [...ciphertextsOf(stanza)];
  const direct = encsOf(stanza);
  for (const [jid, encs] of listed.length > 0 ? listed : [[to, direct] as const]) {
    const phone = world.phoneOf(jid);
    if (phone === undefined || encs.length === 0 || phone.blocked.has(from.phone)) continue;
    const device = phone.devices.get(deviceOf(jid));
    if (device !== undefined) deliver(world, device, relayed(world, from, { stanza, jid, encs }));
    else if (deviceOf(jid) === 0) receive(world, phone, { from, stanza, encs });
  }
}

type Target = { readonly stanza: Node; readonly jid: string; readonly encs: readonly Node[] };

/** The stanza that another linked device gets: of somebody else, or of the same account. */
function relayed(world: World, from: LinkedDevice, { stanza, jid, encs }: Target): Node {
  const { id, to, type = "text" } = stanza.attrs;
  const lid = isLid(jid);
  const sender = lid
    ? { from: from.lidJid, sender_pn: from.phone.pnJid }
    : { from: from.pnJid, sender_lid: from.phone.lidJid };
  const own = world.phoneOf(jid) === from.phone ? { recipient: to } : {};
  const attrs = { ...sender, ...own, id, type, t: world.seconds(), notify: from.phone.settings.name };
  return node("message", attrs, [...encs, ...identityOf(stanza)]);
}

function relayToGroup(world: World, from: LinkedDevice, { stanza, group }: GroupTarget): void {
  const each = ciphertextsOf(stanza);
  const shared = encsOf(stanza);
  for (const phone of group.members.keys()) {
    for (const device of phone.devices.values())
      if (device !== from) {
        const encs = [...(each.get(device.lidJid) ?? each.get(device.pnJid) ?? []), ...shared];
        deliver(world, device, inGroup(world, from, { stanza, group, encs }));
      }
    receive(world, phone, { from, stanza, encs: [...forPhone(each, phone), ...shared], group });
  }
}

type GroupTarget = { readonly stanza: Node; readonly group: Group };

/** A copy that one device had asked for. */
function relayAgain(world: World, from: LinkedDevice, { stanza, group }: GroupTarget): void {
  const { participant } = stanza.attrs;
  const phone = world.phoneOf(participant);
  const device = phone?.devices.get(deviceOf(participant));
  const encs = encsOf(stanza);
  if (device !== undefined) deliver(world, device, inGroup(world, from, { stanza, group, encs }));
  else if (phone !== undefined) receive(world, phone, { from, stanza, encs, group });
}

function inGroup(
  world: World,
  from: LinkedDevice,
  { stanza, group, encs }: GroupTarget & { readonly encs: readonly Node[] },
): Node {
  const { id, type = "text" } = stanza.attrs;
  const author = group.participantAttrs(group.deviceJid(from), from.phone);
  const attrs = { from: group.jid, ...author, id, type, t: world.seconds(), notify: from.phone.settings.name };
  return node("message", attrs, [...encs, ...identityOf(stanza)]);
}

/** The ciphertexts for single devices, by the address that the client wrote. */
function ciphertextsOf(stanza: Node): Map<string, readonly Node[]> {
  const targets = childrenOf(childOf(stanza, "participants"));
  return new Map(targets.map((target) => [target.attrs.jid ?? "", encsOf(target)]));
}

function encsOf(parent: Node): readonly Node[] {
  return childrenOf(parent).filter(({ tag }) => tag === "enc");
}

function forPhone(each: ReadonlyMap<string, readonly Node[]>, phone: Phone): readonly Node[] {
  return each.get(phone.lidJid) ?? each.get(phone.pnJid) ?? [];
}

/** The linked device's papers, which go along with the first message of a session. */
function identityOf(stanza: Node): readonly Node[] {
  return childrenOf(stanza).filter(({ tag }) => tag === "device-identity");
}
