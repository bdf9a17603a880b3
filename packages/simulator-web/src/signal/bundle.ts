// Key bundles: what the server hands out so that somebody can start a Signal session, and how they stand in stanzas.
import { extractE2ESessionFromRetryReceipt, generateSignalPubKey } from "@whiskeysockets/baileys";
import { bigEndian, bytesOf, childOf, type Node, node, numberOf } from "../wire/nodes.ts";
import { isSigned } from "../wire/signatures.ts";

/** A one-time pre-key. */
export type PreKey = { readonly id: number; readonly public: Buffer };
/** A pre-key that the identity has signed. */
export type SignedPreKey = PreKey & { readonly signature: Buffer };
/** Everything that is needed to start a session with one device. Without `preKey` its one-time keys were used up. */
export type KeyBundle = {
  readonly registrationId: number;
  readonly identity: Buffer;
  readonly signedPreKey: SignedPreKey;
  readonly preKey?: PreKey | undefined;
};

/** A bundle in the form in which Baileys' Signal repository takes it. */
export function sessionOf({ registrationId, identity, signedPreKey, preKey }: KeyBundle) {
  return {
    registrationId,
    identityKey: generateSignalPubKey(identity),
    signedPreKey: {
      keyId: signedPreKey.id,
      publicKey: generateSignalPubKey(signedPreKey.public),
      signature: signedPreKey.signature,
    },
    ...(preKey === undefined ? {} : { preKey: { keyId: preKey.id, publicKey: generateSignalPubKey(preKey.public) } }),
  };
}

/** Whether the identity has really signed the signed pre-key. */
export function isGenuine(identity: Buffer, signedPreKey: SignedPreKey): boolean {
  return isSigned(identity, generateSignalPubKey(signedPreKey.public), signedPreKey.signature);
}

/** Reads <skey>. */
export function signedPreKeyOf(skey: Node | undefined): SignedPreKey {
  return { ...preKeyOf(skey), signature: bytesOf(childOf(skey, "signature")) };
}

/** Reads <key>. */
export function preKeyOf(key: Node | undefined): PreKey {
  return { id: numberOf(bytesOf(childOf(key, "id"))), public: bytesOf(childOf(key, "value")) };
}

/** The nodes of a bundle, as <user> and the <keys> of a retry receipt hold them. */
export function bundleNodes(bundle: KeyBundle): Node[] {
  const { signedPreKey, preKey } = bundle;
  return [
    node("type", {}, Buffer.from([5])),
    node("identity", {}, bundle.identity),
    ...(preKey === undefined ? [] : [node("key", {}, keyNodes(preKey))]),
    node("skey", {}, [...keyNodes(signedPreKey), node("signature", {}, signedPreKey.signature)]),
  ];
}

function keyNodes(key: PreKey): Node[] {
  return [node("id", {}, bigEndian(key.id, 3)), node("value", {}, key.public)];
}

/** The bundle that a client has put into its retry receipt; undefined when it has put none. */
export function bundleOfRetry(receipt: Node): KeyBundle | undefined {
  const found = extractE2ESessionFromRetryReceipt(receipt);
  if (found === null) return undefined;
  const bare = (key: Uint8Array) => Buffer.from(key.length === 33 ? key.subarray(1) : key);
  return {
    registrationId: found.registrationId,
    identity: bare(found.identityKey),
    signedPreKey: {
      id: found.signedPreKey.keyId,
      public: bare(found.signedPreKey.publicKey),
      signature: Buffer.from(found.signedPreKey.signature),
    },
    preKey: found.preKey === undefined ? undefined : { id: found.preKey.keyId, public: bare(found.preKey.publicKey) },
  };
}
