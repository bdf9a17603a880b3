// The files' home: one private bucket of Supabase Storage, spoken to over its REST API, because its bodies stream there.
// https://supabase.com/docs/reference/storage (the routes are those of supabase/storage-api)
import { z } from "zod";
import { InvalidInputError, WorkflowError } from "../errors.ts";

/** The settings that Storage needs. */
export const storageSettings = ["SUPABASE_URL", "SUPABASE_SECRET_KEYS"] as const;

/** Where Storage is and who we are there. */
export interface StorageOptions {
  readonly SUPABASE_URL: string;
  /** Secret keys by name; any of them opens it. */
  readonly SUPABASE_SECRET_KEYS: Readonly<Record<string, string>>;
  /** The bucket; `media` by default, as prepare_storage.sql makes it. */
  readonly bucket?: string;
  /** Longest time of an answer's beginning, seconds; an upload may take longer. */
  readonly timeoutSeconds?: number;
}

/** The bucket of the files. All throw WorkflowError `storage_unavailable` (retryable) or `storage_refused`. */
export interface FileStorage {
  /** Puts a file there, in the place of what was there before. The body is not held in memory. */
  upload(path: string, body: ReadableStream<Uint8Array>, options: UploadOptions): Promise<void>;
  /** A file's bytes, all in memory: at most 100 MB, the largest that WhatsApp takes. */
  download(path: string, signal: AbortSignal): Promise<Blob>;
  /** Removes a file; one that is not there is no error. */
  remove(path: string): Promise<void>;
  /** An address that shows a file to whoever knows it, for so many seconds. */
  sign(path: string, seconds: number): Promise<string>;
}

/** How to put a file there. */
export interface UploadOptions {
  readonly mimeType: string;
  readonly signal: AbortSignal;
}

const signed = z.object({ signedURL: z.string().optional(), signedUrl: z.string().optional() });

/**
 * Opens the bucket; asks nothing yet.
 * @throws InvalidInputError when there is no secret key
 */
export function openStorage(options: StorageOptions): FileStorage {
  const { SUPABASE_URL, SUPABASE_SECRET_KEYS, bucket = "media", timeoutSeconds = 30 } = options;
  const key = SUPABASE_SECRET_KEYS.default ?? Object.values(SUPABASE_SECRET_KEYS)[0];
  if (key === undefined)
    throw new InvalidInputError("SUPABASE_SECRET_KEYS names no key; Storage needs one.", { code: "storage_key" });
  const root = `${SUPABASE_URL}/storage/v1`;
  // A new secret key is no token: it belongs into `apikey` alone.
  const headers = { apikey: key, ...(key.startsWith("sb_") ? {} : { authorization: `Bearer ${key}` }) };
  const timeout = () => AbortSignal.timeout(timeoutSeconds * 1000);

  const call = async (path: string, init: RequestInit): Promise<Response> => {
    let response: Response;
    try {
      response = await fetch(`${root}${path}`, {
        ...init,
        headers: { ...headers, ...init.headers },
        redirect: "error",
      });
    } catch (error) {
      if (init.signal?.aborted && init.signal.reason instanceof WorkflowError) throw init.signal.reason;
      throw unavailable("Storage could not be reached; check SUPABASE_URL", error);
    }
    if (response.ok) return response;
    const said = await response.text().catch(() => "");
    if (response.status >= 500 || response.status === 429 || response.status === 408)
      throw unavailable(`Storage answered ${response.status}`);
    throw new WorkflowError(`Storage refused (${response.status}: ${said.slice(0, 200)}); is the bucket there?`, {
      code: "storage_refused",
      retryable: true,
      context: { status: response.status },
    });
  };

  return {
    async upload(path, body, { mimeType, signal }) {
      const init: RequestInit & { duplex: "half" } = {
        method: "POST",
        headers: { "content-type": mimeType, "x-upsert": "true", "cache-control": "private, max-age=3600" },
        body,
        duplex: "half",
        signal,
      };
      await (await call(`/object/${bucket}/${path}`, init)).body?.cancel();
    },
    async download(path, signal) {
      const response = await call(`/object/${bucket}/${path}`, { signal });
      try {
        return await response.blob();
      } catch (error) {
        throw unavailable("Storage broke off in the middle of a file", error);
      }
    },
    async remove(path) {
      const body = JSON.stringify({ prefixes: [path] });
      const init = { method: "DELETE", headers: { "content-type": "application/json" }, body, signal: timeout() };
      await (await call(`/object/${bucket}`, init)).body?.cancel();
    },
    async sign(path, seconds) {
      const body = JSON.stringify({ expiresIn: seconds });
      const init = { method: "POST", headers: { "content-type": "application/json" }, body, signal: timeout() };
      const answer = signed.safeParse(await (await call(`/object/sign/${bucket}/${path}`, init)).json());
      const address = answer.data?.signedURL ?? answer.data?.signedUrl;
      if (address === undefined) throw unavailable("Storage gave no signed address");
      if (/^https?:/.test(address)) return address;
      return address.startsWith("/storage/v1/") ? `${SUPABASE_URL}${address}` : `${root}${address}`;
    },
  };
}

function unavailable(message: string, cause?: unknown): WorkflowError {
  return new WorkflowError(`${message}.`, { code: "storage_unavailable", retryable: true, cause });
}
