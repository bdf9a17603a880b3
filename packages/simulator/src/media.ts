// Files that were uploaded over the Graph API or sent by a customer. In memory; the oldest go when they get too many.
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { calm, type MediaFaults } from "./chaos.ts";
import type { Clock } from "./clock.ts";
import { newObjectId } from "./ids.ts";

/** One file. */
export type MediaFile = {
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mimeType: string;
  readonly filename: string | undefined;
  readonly sha256: Buffer;
  /** What the business is told; another one than `sha256` when chaos wants that. */
  readonly shownSha256: Buffer;
  readonly faults: MediaFaults;
  /** How often it was asked for. */
  fetches: number;
};

const BYTES_KEPT = 256 * 1024 * 1024;
const URL_LIFE_MS = 5 * 60_000;

/** The files, and the short-lived addresses under which they are fetched. */
export class MediaStore {
  readonly #files = new Map<string, MediaFile>();
  readonly #urlKey = randomBytes(32);
  readonly #clock: Clock;
  #size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keeps a file. @param options - what is wrong with it on its way; nothing when nothing is said */
  add(
    bytes: Uint8Array<ArrayBuffer>,
    mimeType: string,
    options: { readonly filename?: string | undefined; readonly faults?: MediaFaults } = {},
  ): MediaFile {
    const { filename, faults = calm().media } = options;
    const sha256 = createHash("sha256").update(bytes).digest();
    const shownSha256 = faults.wrongSha256 ? createHash("sha256").update("other bytes").digest() : sha256;
    const file: MediaFile = { id: newObjectId(), bytes, mimeType, filename, sha256, shownSha256, faults, fetches: 0 };
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
   * An address of a file that works for a while.
   * @param origin - scheme, host and port under which the simulator is reached
   * @param lifeMs - how long it works, in ms; below 0 it has ended already
   */
  url(origin: string, id: string, lifeMs = URL_LIFE_MS): string {
    const expiry = String(Math.floor((this.#clock.now() + lifeMs) / 1000));
    const query = new URLSearchParams({ mid: id, source: "webhook", ext: expiry, hash: this.#hash(id, expiry) });
    return `${origin}/whatsapp_business/attachments/?${query}`;
  }

  /** The file of an address, or nothing when it has ended or was made up. */
  fromUrl(id: string, expiry: string, hash: string): MediaFile | undefined {
    const given = Buffer.from(hash);
    const right = Buffer.from(this.#hash(id, expiry));
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    return Number(expiry) * 1000 < this.#clock.now() ? undefined : this.get(id);
  }

  #hash(id: string, expiry: string): string {
    return createHmac("sha256", this.#urlKey).update(`${id} ${expiry}`).digest("base64url");
  }
}
