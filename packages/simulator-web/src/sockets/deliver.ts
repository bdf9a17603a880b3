// How stanzas get to linked devices.
import type { LinkedDevice } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";
import type { Node } from "../wire/nodes.ts";
import type { World } from "../world.ts";

/** Sends a message, receipt or notification to a device; kept until the device confirms it. */
export function deliver(world: World, device: LinkedDevice, stanza: Node): void {
  const damaged = damage(world, device, stanza);
  device.queue.add(stanza);
  if (device.connection?.ready) device.connection.send(damaged);
}

/** `deliver` to all linked devices of a phone. */
export function deliverToAll(world: World, phone: Phone, stanza: Node): void {
  for (const device of phone.devices.values()) deliver(world, device, stanza);
}

/** Sends what nobody misses (presence, typing) to the devices that are connected. */
export function push(phone: Phone, stanza: Node): void {
  for (const { connection } of phone.devices.values()) if (connection?.ready) connection.send(stanza);
}

/** The stanza with its first ciphertext damaged, when a fault asks for it. */
function damage(world: World, device: LinkedDevice, stanza: Node): Node {
  if (stanza.tag !== "message" || !Array.isArray(stanza.content)) return stanza;
  const place = stanza.content.findIndex((child) => child.tag === "enc");
  const enc = stanza.content[place];
  if (!(enc?.content instanceof Uint8Array)) return stanza;
  const content = world.faults.damage(enc.content, "device", device.phone.pn);
  return { ...stanza, content: stanza.content.with(place, { ...enc, content }) };
}
