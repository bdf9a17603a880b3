// What becomes of a phone's linked devices: one is unlinked, or all, because WhatsApp was installed anew.
import { tellDeviceChange, tellNewIdentity } from "../account/notices.ts";
import { SignalParticipant } from "../signal/participant.ts";
import type { World } from "../world.ts";
import type { LinkedDevice } from "./device.ts";
import type { Phone } from "./phone.ts";

/** Removes a device from its phone: its socket is told 401, and so is every later login. */
export function unlink(world: World, device: LinkedDevice): void {
  device.phone.devices.delete(device.id);
  tellDeviceChange(world, device, "remove");
  device.connection?.end(401);
}

/**
 * The person installs WhatsApp anew: another identity, no sessions, no linked devices. Contacts are told; what they have
 * encrypted before cannot be read any more, and is asked for again.
 */
export function reinstall(world: World, phone: Phone): void {
  for (const device of [...phone.devices.values()]) unlink(world, device);
  phone.signal = new SignalParticipant();
  phone.senderKeyHolders.clear();
  tellNewIdentity(world, phone);
}
