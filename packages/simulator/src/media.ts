// Files that were uploaded over the Graph API or sent by a customer. In memory; the oldest go when they get too many.
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { newObjectId } from "./ids.ts";

/** One file. */
export type MediaFile = {
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mimeType: string;
  readonly filename: string | undefined;
  readonly sha256: Buffer;
};

const BYTES_KEPT = 256 * 1024 * 1024;
const URL_LIFE_MS = 5 * 60_000;

/** The files, and the short-lived addresses under which they are fetched. */
export class MediaStore {
  readonly #files = new Map<string, MediaFile>();
  readonly #urlKey = randomBytes(32);
  #size = 0;

  /** Keeps a file. */
  add(bytes: Uint8Array<ArrayBuffer>, mimeType: string, filename?: string): MediaFile {
    const sha256 = createHash("sha256").update(bytes).digest();
    const file = { id: newObjectId(), bytes, mimeType, filename, sha256 };
    this.#files.set(file.id, file);
    this.#size += bytes.length;
    for (const oldest of this.#files.values()) {
      if (this.#size <= BYTES_KEPT || oldest === file) break;
      this.remove(oldest.id);
    }
    return file;
  }

  /** A file by its id. */
  get(id: string): MediaFile | undefined {
    return this.#files.get(id);
  }

  /** Removes a file; false when there is none. */
  remove(id: string): boolean {
    const file = this.#files.get(id);
    if (file === undefined) return false;
    this.#size -= file.bytes.length;
    return this.#files.delete(id);
  }

  /** Removes everything. */
  clear(): void {
    this.#files.clear();
    this.#size = 0;
  }

  /**
   * An address of a file that works for five minutes.
   * @param origin - scheme, host and port under which the simulator is reached
   */
  url(origin: string, id: string): string {
    const expiry = String(Math.floor((Date.now() + URL_LIFE_MS) / 1000));
    const query = new URLSearchParams({ mid: id, source: "webhook", ext: expiry, hash: this.#hash(id, expiry) });
    return `${origin}/whatsapp_business/attachments/?${query}`;
  }

  /** The file of an address, or nothing when it has ended or was made up. */
  fromUrl(id: string, expiry: string, hash: string): MediaFile | undefined {
    const given = Buffer.from(hash);
    const right = Buffer.from(this.#hash(id, expiry));
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    return Number(expiry) * 1000 < Date.now() ? undefined : this.get(id);
  }

  #hash(id: string, expiry: string): string {
    return createHmac("sha256", this.#urlKey).update(`${id} ${expiry}`).digest("base64url");
  }
}
