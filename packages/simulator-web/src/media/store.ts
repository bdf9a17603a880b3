// The media server: clients upload encrypted bytes to it and download them by their path, over HTTPS.
import { randomBytes } from "node:crypto";

/** An upload of a client. */
export type Upload = { readonly path: string; readonly bytes: number; readonly at: number };

/** Encrypted media by path. */
export class MediaStore {
  readonly #files = new Map<string, Buffer>();
  readonly #uploads: Upload[] = [];

  /** Keeps media; gives the path under which it can be had. */
  put(bytes: Buffer): string {
    const path = `/v/t62.7118-24/${randomBytes(12).toString("hex")}`;
    this.#files.set(path, bytes);
    return path;
  }

  /** Keeps what a client has uploaded. */
  upload(bytes: Buffer): string {
    const path = this.put(bytes);
    this.#uploads.push({ path, bytes: bytes.length, at: Date.now() });
    return path;
  }

  get(path: string): Buffer | undefined {
    return this.#files.get(path);
  }

  get uploads(): readonly Upload[] {
    return this.#uploads;
  }

  clear(): void {
    this.#files.clear();
    this.#uploads.length = 0;
  }
}
