// Encryption of provider credentials at rest: AES-256-GCM with keys from MASTER_KEYS. Several keys live side by side so
// that a key can be rotated: the first encrypts, all decrypt.
import { ConfigError } from "./env.ts";
import { InvalidInputError } from "./errors.ts";
import type { JsonObject } from "./json.ts";

/** The deployment's keys by name, in the order of the setting; the keys themselves cannot be read back. */
export type MasterKeys = ReadonlyMap<string, CryptoKey>;

/** Encrypted credentials, as they are stored. */
export interface EncryptedCredentials {
  /** Name of the key that decrypts. */
  readonly keyId: string;
  /** base64url of 12 bytes iv, the ciphertext and the 16 bytes tag. */
  readonly ciphertext: string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;
const HOW_TO_MAKE = 'MASTER_KEYS must be "name:key[,name:key]", each key base64 of 32 bytes (openssl rand -base64 32)';

/**
 * Reads the setting MASTER_KEYS, `k2:<base64 of 32 bytes>,k1:<base64 of 32 bytes>`.
 * @throws ConfigError when it is malformed; the message names the key, never its value
 */
export async function parseMasterKeys(text: string): Promise<MasterKeys> {
  const keys = new Map<string, CryptoKey>();
  for (const [id, bytes] of readMasterKeys(text))
    keys.set(id, await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]));
  return keys;
}

/**
 * The bytes of each key by its name, for what derives keys of its own from them.
 * @throws ConfigError as parseMasterKeys
 */
export function readMasterKeys(text: string): Map<string, Uint8Array<ArrayBuffer>> {
  const keys = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const part of text.split(",").map((item) => item.trim())) {
    const [, id, encoded] = /^([A-Za-z0-9_-]{1,64}):(.+)$/.exec(part) ?? [];
    if (id === undefined || encoded === undefined) throw new ConfigError([HOW_TO_MAKE]);
    if (keys.has(id)) throw new ConfigError([`${HOW_TO_MAKE}; the name ${id} stands there twice`]);
    const bytes = fromBase64(encoded);
    if (bytes?.length !== 32) throw new ConfigError([`${HOW_TO_MAKE}; ${id} is not`]);
    keys.set(id, bytes);
  }
  return keys;
}

/**
 * Encrypts credentials with the first key.
 * @param aad - where the result belongs, such as the account's id: it decrypts nowhere else
 * @throws InvalidInputError when there is no key
 */
export async function encryptCredentials(
  value: JsonObject,
  keys: MasterKeys,
  aad: string,
): Promise<EncryptedCredentials> {
  const [first] = keys;
  if (first === undefined) throw new InvalidInputError(HOW_TO_MAKE, { code: "master_key_missing" });
  const [keyId, key] = first;
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const sealed = await crypto.subtle.encrypt(algorithm(iv, aad), key, plain);
  const bytes = new Uint8Array(IV_BYTES + sealed.byteLength);
  bytes.set(iv);
  bytes.set(new Uint8Array(sealed), IV_BYTES);
  return { keyId, ciphertext: toBase64Url(bytes) };
}

/**
 * Decrypts what `encryptCredentials` made.
 * @param aad - the same as when it was encrypted
 * @throws InvalidInputError `master_key_missing` when the key is not among the keys, `credentials_unreadable` when key, aad
 * or ciphertext do not fit together; neither says more, because the difference would help only an attacker
 */
export async function decryptCredentials(
  { keyId, ciphertext }: EncryptedCredentials,
  keys: MasterKeys,
  aad: string,
): Promise<JsonObject> {
  const key = keys.get(keyId);
  if (key === undefined)
    throw new InvalidInputError(
      `The credentials were encrypted with the key "${keyId}", which is not in MASTER_KEYS. Add it again behind the first, or store the credentials anew.`,
      { code: "master_key_missing", context: { keyId } },
    );
  try {
    const bytes = fromBase64(ciphertext);
    if (bytes === undefined || bytes.length < IV_BYTES + TAG_BYTES) throw new TypeError("too short");
    const plain = await crypto.subtle.decrypt(algorithm(bytes.slice(0, IV_BYTES), aad), key, bytes.slice(IV_BYTES));
    // SAFETY: GCM has just proven that encryptCredentials wrote these bytes, and it takes objects only.
    return JSON.parse(new TextDecoder().decode(plain)) as JsonObject;
  } catch {
    throw new InvalidInputError(
      "The stored credentials cannot be decrypted: they were changed, belong to another account, or the key is another one of the same name. Store them anew.",
      { code: "credentials_unreadable", context: { keyId } },
    );
  }
}

function algorithm(iv: Uint8Array<ArrayBuffer>, aad: string): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(aad) };
}

function toBase64Url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Reads base64 in either alphabet, with or without padding. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
