// The server's Noise identity: its static key, and the chain of two certificates that vouches for it.
import { Curve, proto } from "@whiskeysockets/baileys";

/** What the server proves itself with. */
export type NoiseIdentity = {
  /** Public key of the root that signed the chain; a client that checks the chain must trust it. */
  readonly rootKey: Buffer;
  readonly staticKey: { readonly public: Uint8Array; readonly private: Uint8Array };
  /** The chain as it is sent. */
  readonly chain: Buffer;
};

const YEAR_SECONDS = 365 * 86_400;

/** Makes a new identity: root signs intermediate (serial 1), intermediate signs leaf (serial 2). */
export function createNoiseIdentity(nowSeconds: number): NoiseIdentity {
  const { Details } = proto.CertChain.NoiseCertificate;
  const root = Curve.generateKeyPair();
  const middle = Curve.generateKeyPair();
  const leaf = Curve.generateKeyPair();
  const valid = { notBefore: nowSeconds - 3600, notAfter: nowSeconds + YEAR_SECONDS };
  const middleDetails = Details.encode({ serial: 1, issuerSerial: 0, key: middle.public, ...valid }).finish();
  const leafDetails = Details.encode({ serial: 2, issuerSerial: 1, key: leaf.public, ...valid }).finish();
  const chain = proto.CertChain.encode({
    leaf: { details: leafDetails, signature: Curve.sign(middle.private, leafDetails) },
    intermediate: { details: middleDetails, signature: Curve.sign(root.private, middleDetails) },
  }).finish();
  return { rootKey: Buffer.from(root.public), staticKey: leaf, chain: Buffer.from(chain) };
}
