// Linking by QR code: what the server gives a client that is not linked, and what a phone's camera does.
import { randomBytes } from "node:crypto";
import { proto } from "@whiskeysockets/baileys";
import { RequestError } from "../errors.ts";
import type { LinkedDevice, Registration } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";
import { isGenuine } from "../signal/bundle.ts";
import type { Connection } from "../sockets/connection.ts";
import { node, numberOf, SERVER } from "../wire/nodes.ts";
import { bytesFrom } from "../wire/protobuf.ts";
import type { World } from "../world.ts";
import { link } from "./pairing.ts";

/** A client shows the first code so long, and each later one this much longer. */
const FIRST_SECONDS = 60;
const NEXT_SECONDS = 20;

/** Gives a client the references for its QR codes; each is good until the client is to show the next. */
export function offerQrCodes(world: World, connection: Connection, payload: proto.ClientPayload): void {
  const registration = registrationOf(payload);
  if (!isGenuine(registration.identity, registration.signedPreKey)) {
    connection.refuse(401);
    return;
  }
  const refs = Array.from({ length: world.faults.qrCodes }, () => randomBytes(12).toString("base64url"));
  const expiry = (place: number) => world.now() + (FIRST_SECONDS + NEXT_SECONDS * place) * 1000;
  connection.candidate = { registration, refs: new Map(refs.map((ref, place) => [ref, expiry(place)])) };
  connection.send(
    node("iq", { from: SERVER, type: "set", id: "pair-device", xmlns: "md" }, [
      node(
        "pair-device",
        {},
        refs.map((ref) => node("ref", {}, Buffer.from(ref))),
      ),
    ]),
  );
}

function registrationOf(payload: proto.ClientPayload): Registration {
  const data = payload.devicePairingData;
  const props = proto.DeviceProps.decode(bytesFrom(data?.deviceProps, "deviceProps"));
  return {
    identity: bytesFrom(data?.eIdent, "eIdent"),
    registrationId: numberOf(bytesFrom(data?.eRegid, "eRegid")),
    signedPreKey: {
      id: numberOf(bytesFrom(data?.eSkeyId, "eSkeyId")),
      public: bytesFrom(data?.eSkeyVal, "eSkeyVal"),
      signature: bytesFrom(data?.eSkeySig, "eSkeySig"),
    },
    platform: props.os ?? "",
  };
}

/**
 * What a phone does when its camera sees a client's QR code.
 * @param qr - `ref,noise key,identity,adv secret` as Baileys 6 shows it, or with
 *   `https://wa.me/settings/linked_devices#` in front and the platform behind, as Baileys 7 does
 * @throws RequestError when the code is no such code, has expired, or its keys are not those of the client
 */
export async function scanQr(world: World, phone: Phone, qr: string): Promise<LinkedDevice> {
  const [ref = "", noiseKey, identity, secret] = qr.slice(qr.indexOf("#") + 1).split(",");
  if (noiseKey === undefined || identity === undefined || secret === undefined)
    throw new RequestError(400, "This is no QR code of WhatsApp Web.");
  const connection = [...world.connections].find((each) => each.live && each.candidate?.refs.has(ref));
  if (connection === undefined) throw new RequestError(410, "Nobody shows this QR code any more.");
  if ((connection.candidate?.refs.get(ref) ?? 0) <= world.now())
    throw new RequestError(410, "The QR code has expired. Scan the one that is shown now.");
  if (!connection.noiseKey.equals(Buffer.from(noiseKey, "base64")))
    throw new RequestError(409, "The QR code's Noise key is not the one of the client that shows it.");
  if (!connection.candidate?.registration.identity.equals(Buffer.from(identity, "base64")))
    throw new RequestError(409, "The QR code's identity is not the one of the client that shows it.");
  return link(world, phone, { connection, advSecret: Buffer.from(secret, "base64") });
}
