// What contacts are told about a phone: that it has linked or unlinked a device, or that it was installed anew.
import { messageId } from "../messages/ids.ts";
import type { LinkedDevice } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";
import { deliverToAll } from "../sockets/deliver.ts";
import { type Node, node } from "../wire/nodes.ts";
import type { World } from "../world.ts";

/** Tells the contacts that a device was added to a phone or removed from it, under both of its addresses. */
export function tellDeviceChange(world: World, device: LinkedDevice, change: "add" | "remove"): void {
  const { phone } = device;
  const addresses = [
    { from: phone.pnJid, jid: device.pnJid },
    { from: phone.lidJid, jid: device.lidJid },
  ];
  for (const { from, jid } of addresses) {
    const child = node(change, { device_hash: "2:simulated" }, [
      node("device", { jid, "key-index": String(device.id) }),
    ]);
    tellContacts(world, phone, notice(world, { from, type: "devices", child }));
  }
}

/** Tells the contacts that a phone has another identity than before. */
export function tellNewIdentity(world: World, phone: Phone): void {
  tellContacts(world, phone, notice(world, { from: phone.lidJid, type: "encrypt", child: node("identity") }));
}

function notice(
  world: World,
  { from, type, child }: { readonly from: string; readonly type: string; readonly child: Node },
): Node {
  return node("notification", { from, type, id: messageId(), t: world.seconds() }, [child]);
}

function tellContacts(world: World, phone: Phone, stanza: Node): void {
  for (const other of world.phones) {
    const knows = other.hasHeardFrom(phone.pn) || phone.hasHeardFrom(other.pn);
    if (other !== phone && knows) deliverToAll(world, other, stanza);
  }
}
