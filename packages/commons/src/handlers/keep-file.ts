// Lets a file run from where it comes into Storage, a piece at a time, and checks it on the way: what it really is, how
// large, and whether it is the one that was announced. What fails a check does not stay.
import { createHash } from "node:crypto";
import { MessageProcessingError, WorkflowError } from "../errors.ts";
import { HEAD_BYTES, judgeFile } from "../judge-file.ts";
import { MEDIA_LIMITS, type MediaKind, safeFilename } from "../media.ts";
import type { FileStorage } from "../storage/storage.ts";

/** A file on its way, and what was said about it. */
export interface IncomingFile {
  readonly tenantId: string;
  /** Our id of it; with the month it makes its path, so that a second try writes over the first. */
  readonly mediaId: string;
  /** The month of its path. */
  readonly at: Date;
  readonly kind: MediaKind;
  readonly body: ReadableStream<Uint8Array>;
  readonly mimeType?: string | undefined;
  /** What everybody who spoke of it said, hexadecimal. */
  readonly sha256?: readonly string[];
  readonly sizeBytes?: number | undefined;
  readonly filename?: string | undefined;
  readonly signal: AbortSignal;
  /** Longest silence of the sender, milliseconds; 20 seconds by default. */
  readonly silenceMs?: number;
}

/** A file that lies in Storage, checked. */
export interface KeptFile {
  readonly mimeType: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly filename: string | undefined;
  readonly storagePath: string;
}

const SILENCE_MS = 20_000;

/**
 * Stores a file.
 * @throws MessageProcessingError `media_too_large`, `media_type`, `media_hash`, `media_empty`: it is never stored;
 *   WorkflowError `media_broken_off`, `media_stalled` and Storage's own: a later try may succeed
 */
export async function keepFile(storage: FileStorage, file: IncomingFile): Promise<KeptFile> {
  const limit = MEDIA_LIMITS[file.kind];
  const reader = new FileReader(file.body, { limit, silenceMs: file.silenceMs ?? SILENCE_MS });
  try {
    if (file.sizeBytes !== undefined && file.sizeBytes > limit) throw tooLarge(limit);
    const head = await reader.head(HEAD_BYTES);
    if (head.length === 0) throw new MessageProcessingError("The file is empty.", { code: "media_empty" });
    const { mimeType, extension } = await judgeFile(head, file);
    const storagePath = pathOf(file, extension);
    await storage.upload(storagePath, reader.rest(), { mimeType, signal: file.signal }).catch((error) => {
      throw reader.failure ?? error;
    });
    const { sizeBytes, sha256 } = reader.sum();
    if (file.sha256?.some((said) => said !== sha256)) {
      await storage.remove(storagePath);
      throw new MessageProcessingError("The file is not the one that was announced: its SHA-256 differs.", {
        code: "media_hash",
      });
    }
    return { mimeType, sizeBytes, sha256, filename: safeFilename(file.filename), storagePath };
  } finally {
    reader.cancel();
  }
}

function pathOf({ tenantId, mediaId, at }: IncomingFile, extension: string): string {
  const [year, month] = at.toISOString().split("-");
  return `${tenantId}/${year}/${month}/${mediaId}.${extension}`;
}

function tooLarge(limit: number): MessageProcessingError {
  return new MessageProcessingError(`The file is larger than ${limit} bytes, the most for its kind.`, {
    code: "media_too_large",
    context: { limit },
  });
}

/** Reads a body: counts, hashes, and remembers why it could not be read to its end. */
class FileReader {
  /** Why the reading ended before the end. */
  failure: Error | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #options: { readonly limit: number; readonly silenceMs: number };
  readonly #hash = createHash("sha256");
  #size = 0;
  #ahead: Uint8Array[] = [];

  constructor(body: ReadableStream<Uint8Array>, options: { readonly limit: number; readonly silenceMs: number }) {
    this.#reader = body.getReader();
    this.#options = options;
  }

  /** The first bytes, which `rest` gives again. */
  async head(bytes: number): Promise<Uint8Array> {
    while (this.#size < bytes) {
      const chunk = await this.#read();
      if (chunk === undefined) break;
      this.#ahead.push(chunk);
    }
    const head = new Uint8Array(Math.min(bytes, this.#size));
    let at = 0;
    for (const chunk of this.#ahead) {
      head.set(chunk.subarray(0, head.length - at), at);
      at = Math.min(at + chunk.length, head.length);
    }
    return head;
  }

  /** The whole body, as fast as it is taken. */
  rest(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const chunk = this.#ahead.shift() ?? (await this.#read());
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: () => this.cancel(),
    });
  }

  /** What was read. */
  sum(): { readonly sizeBytes: number; readonly sha256: string } {
    return { sizeBytes: this.#size, sha256: this.#hash.digest("hex") };
  }

  cancel(): void {
    this.#reader.cancel().catch(() => undefined);
  }

  async #read(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#next();
      if (done) return undefined;
      this.#size += value.length;
      if (this.#size > this.#options.limit) throw tooLarge(this.#options.limit);
      this.#hash.update(value);
      return value;
    } catch (error) {
      this.failure =
        error instanceof WorkflowError
          ? error
          : new WorkflowError("The file broke off in the middle.", {
              code: "media_broken_off",
              retryable: true,
              cause: error,
            });
      throw this.failure;
    }
  }

  async #next(): Promise<ReadableStreamReadResult<Uint8Array>> {
    const { silenceMs } = this.#options;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stalled = new Promise<never>((_, reject) => {
      const error = new WorkflowError(`Nothing of the file came for ${silenceMs / 1000} seconds.`, {
        code: "media_stalled",
        retryable: true,
      });
      timer = setTimeout(() => reject(error), silenceMs);
    });
    try {
      return await Promise.race([this.#reader.read(), stalled]);
    } finally {
      clearTimeout(timer);
    }
  }
}
