// The end of every linking, by QR code or by code: the phone vouches for the device, the device signs, and must restart.
import { createHmac, randomBytes } from "node:crypto";
import { Curve, proto, WA_ADV_ACCOUNT_SIG_PREFIX, WA_ADV_DEVICE_SIG_PREFIX } from "@whiskeysockets/baileys";
import { RequestError } from "../errors.ts";
import { LinkedDevice } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";
import type { Connection } from "../sockets/connection.ts";
import { bytesOf, childOf, type Node, node, SERVER } from "../wire/nodes.ts";
import { bytesFrom } from "../wire/protobuf.ts";
import { isSigned } from "../wire/signatures.ts";
import type { World } from "../world.ts";

/** WhatsApp lets a phone have so many linked devices. */
const MOST_DEVICES = 4;

/**
 * Links the client behind a socket to a phone.
 * @param advSecret - the secret that only the client and this phone share
 * @returns the device, when the client has signed; it must then log in anew (515)
 * @throws RequestError when the phone has too many devices, or the client goes away or signs wrongly
 */
export function link(
  world: World,
  phone: Phone,
  { connection, advSecret }: { readonly connection: Connection; readonly advSecret: Buffer },
): Promise<LinkedDevice> {
  const registration = connection.candidate?.registration;
  if (registration === undefined) throw new RequestError(409, "This client is being linked already.");
  if (phone.devices.size >= MOST_DEVICES)
    throw new RequestError(409, `A phone has at most ${MOST_DEVICES} linked devices. Unlink one first.`);
  connection.candidate = undefined;
  const options = { registration, noiseKey: connection.noiseKey, linkedAt: world.now() };
  const device = new LinkedDevice(phone, phone.takeDeviceId(), options);
  const details = proto.ADVDeviceIdentity.encode({
    rawId: 1,
    timestamp: Number(world.seconds()),
    keyIndex: device.id,
  }).finish();
  const result = new Promise<LinkedDevice>((resolve, reject) => {
    const queryId = `pair-${randomBytes(4).toString("hex")}`;
    connection.pairing = { queryId, device, details, resolve, reject };
    void connection.closed.then(() => reject(new RequestError(410, "The client went away before it was linked.")));
    connection.send(
      node("iq", { from: SERVER, type: "set", id: queryId, t: world.seconds() }, [
        pairSuccess(device, details, advSecret),
      ]),
    );
  });
  return result;
}

function pairSuccess(device: LinkedDevice, details: Uint8Array, advSecret: Buffer): Node {
  const identity = device.phone.signal.creds.signedIdentityKey;
  const statement = Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, device.identity]);
  const signed = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: identity.public,
    accountSignature: Curve.sign(identity.private, statement),
  }).finish();
  const hmac = createHmac("sha256", advSecret).update(signed).digest();
  const sealed = proto.ADVSignedDeviceIdentityHMAC.encode({ details: signed, hmac }).finish();
  return node("pair-success", {}, [
    node("device-identity", {}, Buffer.from(sealed)),
    node("device", { jid: device.pnJid, lid: device.lidJid }),
    node("platform", { name: "android" }),
  ]);
}

/** Takes the client's answer to `pair-success`: checks its signature, and tells it to restart. */
export function completePairing(connection: Connection, answer: Node): void {
  const { pairing } = connection;
  if (pairing === undefined || pairing.queryId !== answer.attrs.id) return;
  connection.pairing = undefined;
  const { device, details } = pairing;
  try {
    const identity = bytesOf(childOf(childOf(answer, "pair-device-sign"), "device-identity"));
    const { deviceSignature } = proto.ADVSignedDeviceIdentity.decode(identity);
    const accountKey = device.phone.signal.creds.signedIdentityKey.public;
    const statement = Buffer.concat([WA_ADV_DEVICE_SIG_PREFIX, details, device.identity, accountKey]);
    if (!isSigned(device.identity, statement, bytesFrom(deviceSignature, "deviceSignature")))
      throw new Error("its signature is wrong");
  } catch (error) {
    pairing.reject(new RequestError(409, `The client was not linked: ${String(error)}.`));
    connection.refuse(401);
    return;
  }
  device.phone.devices.set(device.id, device);
  pairing.resolve(device);
  connection.end(515);
}

/** Removes a device from its phone: its socket is told 401, and so is every later login. */
export function unlink(device: LinkedDevice): void {
  device.phone.devices.delete(device.id);
  device.connection?.end(401);
}
