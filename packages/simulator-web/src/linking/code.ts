// Linking with a phone number: the client shows eight characters, its owner types them into the phone. Both ends derive
// a key from the characters, so that only who knows them can exchange keys.
import { hkdfSync, randomBytes } from "node:crypto";
import { aesDecryptCTR, aesDecryptGCM, aesEncryptCTR, Curve, derivePairingCodeKey } from "@whiskeysockets/baileys";
import type { Answer } from "../account/query.ts";
import { RequestError } from "../errors.ts";
import type { LinkedDevice } from "../phones/device.ts";
import type { Phone } from "../phones/phone.ts";
import type { Connection } from "../sockets/connection.ts";
import { bytesOf, childOf, type Node, node, SERVER, userOf } from "../wire/nodes.ts";
import type { World } from "../world.ts";
import { link } from "./pairing.ts";

/** A code is good for so long. */
const LIFETIME_SECONDS = 180;
const EMPTY = Buffer.alloc(0);

/** A client that shows a code. */
export type CodeRequest = {
  readonly connection: Connection;
  readonly ref: Buffer;
  /** Digits of the phone number that the client named. */
  readonly pn: string;
  /** The client's ephemeral key, encrypted with the code: salt, iv, ciphertext. */
  readonly wrapped: Buffer;
  readonly expiresAt: number;
  /** Set while the phone waits for the client's last step. */
  finish?: (bundle: Buffer, identity: Buffer) => Promise<boolean>;
};

/** Both steps that a client takes, as answers to its queries. */
export async function answerLinkCode(world: World, connection: Connection, step: Node): Promise<Answer> {
  if (step.attrs.stage === "companion_hello") return { content: [companionHello(world, connection, step)] };
  const ref = bytesOf(childOf(step, "link_code_pairing_ref"));
  const request = world.codeRequests.find((each) => each.ref.equals(ref) && each.connection === connection);
  const bundle = bytesOf(childOf(step, "link_code_pairing_wrapped_key_bundle"));
  const identity = bytesOf(childOf(step, "companion_identity_public"));
  const linked = (await request?.finish?.(bundle, identity)) ?? false;
  return linked ? { content: [] } : { error: 400, text: "bad-request" };
}

function companionHello(world: World, connection: Connection, step: Node): Node {
  const ref = randomBytes(16);
  const wrapped = bytesOf(childOf(step, "link_code_pairing_wrapped_companion_ephemeral_pub"));
  const expiresAt = world.now() + LIFETIME_SECONDS * 1000;
  world.codeRequests.push({ connection, ref, pn: userOf(step.attrs.jid), wrapped, expiresAt });
  return node("link_code_companion_reg", {}, [node("link_code_pairing_ref", {}, ref)]);
}

/**
 * What a phone does when its owner types a code.
 * @param code - eight characters; hyphens, spaces and case do not matter
 * @throws RequestError when no client waits for this number, when the code has expired, or when it is wrong
 */
export async function enterCode(world: World, phone: Phone, code: string): Promise<LinkedDevice> {
  const request = world.codeRequests.findLast((each) => each.pn === phone.pn && each.connection.live);
  if (request === undefined) throw new RequestError(404, "No client shows a code for this phone number.");
  if (request.expiresAt <= world.now()) throw new RequestError(410, "The code has expired. Ask for a new one.");
  const characters = code.replace(/[^0-9a-z]/gi, "").toUpperCase();
  const theirs = await unwrap(request.wrapped, characters);
  const ephemeral = Curve.generateKeyPair();
  const wrapped = await wrap(ephemeral.public, characters);
  const answered = new Promise<Buffer>((resolve, reject) => {
    request.finish = async (bundle, identity) => {
      try {
        resolve(advSecretOf({ phone, ephemeralPrivate: ephemeral.private, theirs, bundle, identity }));
        return true;
      } catch {
        reject(new RequestError(403, "The code is wrong.")); // the bundle does not decrypt
        return false;
      }
    };
    void request.connection.closed.then(() => reject(new RequestError(410, "The client went away.")));
  });
  request.connection.send(primaryHello(world, phone, request.ref, wrapped));
  const advSecret = await answered;
  world.codeRequests.splice(world.codeRequests.indexOf(request), 1);
  return link(world, phone, { connection: request.connection, advSecret });
}

function primaryHello(world: World, phone: Phone, ref: Buffer, wrapped: Buffer): Node {
  const attrs = {
    from: SERVER,
    type: "link_code_companion_reg",
    id: `code-${randomBytes(4).toString("hex")}`,
    t: world.seconds(),
  };
  return node("notification", attrs, [
    node("link_code_companion_reg", { stage: "primary_hello" }, [
      node("link_code_pairing_ref", {}, ref),
      node("link_code_pairing_wrapped_primary_ephemeral_pub", {}, wrapped),
      node("primary_identity_pub", {}, Buffer.from(phone.signal.creds.signedIdentityKey.public)),
    ]),
  ]);
}

async function unwrap(wrapped: Buffer, code: string): Promise<Buffer> {
  const key = await derivePairingCodeKey(code, wrapped.subarray(0, 32));
  return aesDecryptCTR(wrapped.subarray(48, 80), key, wrapped.subarray(32, 48));
}

async function wrap(publicKey: Uint8Array, code: string): Promise<Buffer> {
  const salt = randomBytes(32);
  const iv = randomBytes(16);
  return Buffer.concat([salt, iv, aesEncryptCTR(publicKey, await derivePairingCodeKey(code, salt), iv)]);
}

type LastStep = {
  readonly phone: Phone;
  readonly ephemeralPrivate: Uint8Array;
  readonly theirs: Buffer;
  readonly bundle: Buffer;
  readonly identity: Buffer;
};

/** The secret that both ends derive. Throws when they did not use the same code. */
function advSecretOf({ phone, ephemeralPrivate, theirs, bundle, identity }: LastStep): Buffer {
  const shared = Curve.sharedKey(ephemeralPrivate, theirs);
  const key = hkdf(shared, bundle.subarray(0, 32), "link_code_pairing_key_bundle_encryption_key");
  const plain = aesDecryptGCM(bundle.subarray(44), key, bundle.subarray(32, 44), EMPTY);
  const random = plain.subarray(64);
  const identityShared = Curve.sharedKey(phone.signal.creds.signedIdentityKey.private, identity);
  return hkdf(Buffer.concat([shared, identityShared, random]), EMPTY, "adv_secret");
}

function hkdf(secret: Uint8Array, salt: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, salt, info, 32));
}
