// The encryption of media: AES-256-CBC with a MAC behind it, keys derived from the message's media key.
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";

/** Kinds of media, as the key derivation names them. */
export type MediaKind = "Image" | "Video" | "Audio" | "Document";
const MAC_LENGTH = 10;

/** Encrypted media with what its message must say about it. */
export type SealedMedia = {
  readonly mediaKey: Buffer;
  readonly fileSha256: Buffer;
  readonly fileEncSha256: Buffer;
  readonly fileLength: number;
  readonly bytes: Buffer;
};

/** Encrypts with a new key. */
export function sealMedia(plain: Uint8Array, kind: MediaKind): SealedMedia {
  const mediaKey = randomBytes(32);
  const { iv, cipherKey, macKey } = keysOf(mediaKey, kind);
  const cipher = createCipheriv("aes-256-cbc", cipherKey, iv);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  const bytes = Buffer.concat([sealed, macOf(macKey, iv, sealed)]);
  return { mediaKey, fileSha256: sha256(plain), fileEncSha256: sha256(bytes), fileLength: plain.length, bytes };
}

/**
 * Decrypts.
 * @throws when the MAC is wrong
 */
export function openMedia(bytes: Buffer, mediaKey: Uint8Array, kind: MediaKind): Buffer {
  const { iv, cipherKey, macKey } = keysOf(mediaKey, kind);
  const sealed = bytes.subarray(0, -MAC_LENGTH);
  if (!macOf(macKey, iv, sealed).equals(bytes.subarray(-MAC_LENGTH))) throw new Error("The media's MAC is wrong.");
  const decipher = createDecipheriv("aes-256-cbc", cipherKey, iv);
  return Buffer.concat([decipher.update(sealed), decipher.final()]);
}

function keysOf(mediaKey: Uint8Array, kind: MediaKind) {
  const bytes = Buffer.from(hkdfSync("sha256", mediaKey, Buffer.alloc(0), `WhatsApp ${kind} Keys`, 112));
  return { iv: bytes.subarray(0, 16), cipherKey: bytes.subarray(16, 48), macKey: bytes.subarray(48, 80) };
}

function macOf(key: Buffer, iv: Buffer, sealed: Buffer): Buffer {
  return createHmac("sha256", key).update(iv).update(sealed).digest().subarray(0, MAC_LENGTH);
}

function sha256(data: Uint8Array): Buffer {
  return createHash("sha256").update(data).digest();
}
