// Checks of Curve25519 signatures. Baileys' own `Curve.verify` ignores libsignal's answer and is always true.
import { generateSignalPubKey } from "@whiskeysockets/baileys";
import { verifySignature } from "libsignal/src/curve.js";

/** Whether `signature` over `message` was made with the private half of `publicKey`. */
export function isSigned(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verifySignature(generateSignalPubKey(publicKey), message, signature) === true;
  } catch {
    return false; // a key or signature of a wrong length
  }
}
