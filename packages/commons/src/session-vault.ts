// Encryption of a linked device's keys at rest: AES-256-GCM under a key of the session's own, which HKDF-SHA-256 makes of a
// master key and the account's id. A row decrypts only in its own place, and only as that session's.
import { readMasterKeys } from "./credentials.ts";
import { InvalidInputError } from "./errors.ts";

/** Where a row belongs: `creds`, a kind of key, or `inbox`, and its id there. */
export interface SessionPlace {
  readonly kind: string;
  readonly id: string;
}

/** Seals and opens the rows of one session. */
export interface SessionVault {
  /** Name of the master key under which it seals. */
  readonly keyId: string;
  /** Seals a text: base64 of 12 bytes iv, the ciphertext and the 16 bytes tag. */
  seal(place: SessionPlace, text: string): Promise<string>;
  /**
   * Opens what `seal` made, under any of the master keys.
   * @throws InvalidInputError `master_key_missing`, or `session_unreadable` when key, place and bytes do not fit together
   */
  open(place: SessionPlace, sealed: { readonly keyId: string; readonly body: string }): Promise<string>;
}

const IV_BYTES = 12;
const PURPOSE = new TextEncoder().encode("switchboard session v1");

/**
 * Makes the vault of a session.
 * @param masterKeys - the setting MASTER_KEYS; its first key seals
 * @param accountId - the session's account
 * @throws ConfigError when the setting is malformed
 */
export function openSessionVault(masterKeys: string, accountId: string): SessionVault {
  const masters = readMasterKeys(masterKeys);
  const [keyId = ""] = masters.keys();
  const derived = new Map<string, Promise<CryptoKey>>();
  const keyOf = (id: string): Promise<CryptoKey> => {
    const master = masters.get(id);
    if (master === undefined)
      throw new InvalidInputError(
        `The keys of session ${accountId} were encrypted with the key "${id}", which is not in MASTER_KEYS. Add it again behind the first.`,
        { code: "master_key_missing", context: { keyId: id, accountId } },
      );
    const key = derived.get(id) ?? deriveKey(master, accountId);
    derived.set(id, key);
    return key;
  };
  const algorithm = (iv: Uint8Array<ArrayBuffer>, { kind, id }: SessionPlace): AesGcmParams => ({
    name: "AES-GCM",
    iv,
    additionalData: new TextEncoder().encode(`${accountId}|${kind}|${id}`),
  });
  return {
    keyId,
    async seal(place, text) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const plain = new TextEncoder().encode(text);
      const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm(iv, place), await keyOf(keyId), plain));
      const bytes = new Uint8Array(IV_BYTES + sealed.length);
      bytes.set(iv);
      bytes.set(sealed, IV_BYTES);
      return toBase64(bytes);
    },
    async open(place, sealed) {
      const key = await keyOf(sealed.keyId);
      try {
        const bytes = Uint8Array.from(atob(sealed.body), (char) => char.charCodeAt(0));
        const plain = await crypto.subtle.decrypt(
          algorithm(bytes.slice(0, IV_BYTES), place),
          key,
          bytes.slice(IV_BYTES),
        );
        return new TextDecoder().decode(plain);
      } catch {
        throw new InvalidInputError(
          `A key of session ${accountId} cannot be decrypted: it was changed, or the master key is another one of the same name. Link the device anew.`,
          { code: "session_unreadable", context: { keyId: sealed.keyId, accountId } },
        );
      }
    },
  };
}

async function deriveKey(master: Uint8Array<ArrayBuffer>, accountId: string): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", master, "HKDF", false, ["deriveKey"]);
  return await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new TextEncoder().encode(accountId), info: PURPOSE },
    base,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

/** In pieces, because the arguments of a call are limited. */
function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let from = 0; from < bytes.length; from += 8192)
    binary += String.fromCharCode(...bytes.subarray(from, from + 8192));
  return btoa(binary);
}
