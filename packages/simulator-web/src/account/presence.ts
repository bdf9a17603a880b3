// Who is online and who types. Nothing of it is kept for devices that are away.
import type { Group } from "../groups/group.ts";
import type { Phone } from "../phones/phone.ts";
import type { Connection } from "../sockets/connection.ts";
import { push } from "../sockets/deliver.ts";
import { childrenOf, type Node, node } from "../wire/nodes.ts";
import type { World } from "../world.ts";

/** What somebody does in a chat. */
export type TypingState = "composing" | "recording" | "paused";

/** A client says whether it is online, or asks whether somebody is. */
export function takePresence(world: World, connection: Connection, stanza: Node): void {
  const { device } = connection;
  const { type, to } = stanza.attrs;
  if (device === undefined) return;
  if (type === "available" || type === "unavailable") device.phone.online = type === "available";
  const other = world.phoneOf(to);
  if (type !== "subscribe" || other === undefined) return;
  connection.send(presenceOf(world, other, to ?? other.pnJid));
}

function presenceOf(world: World, phone: Phone, jid: string): Node {
  return phone.online
    ? node("presence", { from: jid, type: "available" })
    : node("presence", { from: jid, type: "unavailable", last: world.seconds() });
}

/** A client types: the people in the chat see it on their phones. */
export function takeTyping(world: World, connection: Connection, stanza: Node): void {
  const { device } = connection;
  const [state] = childrenOf(stanza);
  if (device === undefined || state === undefined) return;
  const group = world.groups.get(stanza.attrs.to ?? "");
  const others = group === undefined ? [world.phoneOf(stanza.attrs.to)] : [...group.members.keys()];
  const shown = state.attrs.media === "audio" ? "recording" : state.tag;
  for (const phone of others) {
    if (shown === "paused") phone?.typing.delete(device.phone.pn);
    else phone?.typing.set(device.phone.pn, shown);
  }
}

/** A person types on the phone. */
export function type(world: World, phone: Phone, to: Phone | Group, state: TypingState): void {
  const child = state === "recording" ? node("composing", { media: "audio" }) : node(state);
  if (!("members" in to)) {
    push(to, node("chatstate", { from: phone.lidJid }, [child]));
    return;
  }
  const attrs = { from: to.jid, participant: phone.jid(to.mode), t: world.seconds() };
  for (const member of to.members.keys()) if (member !== phone) push(member, node("chatstate", attrs, [child]));
}

/** A person opens or closes WhatsApp on the phone: everybody's devices are told, as if all had subscribed. */
export function appear(world: World, phone: Phone, online: boolean): void {
  phone.online = online;
  for (const other of world.phones) if (other !== phone) push(other, presenceOf(world, phone, phone.lidJid));
}
