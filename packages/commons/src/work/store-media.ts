// Takes a file that a tenant wants to send: checked as any other, stored once however often it is uploaded.
import type { Database } from "../db/database.ts";
import { type MediaRow, storeMedia as storeMediaRow } from "../db/media.ts";
import { keepFile } from "../handlers/keep-file.ts";
import { kindOf, MEDIA_LIMITS } from "../media.ts";
import type { FileStorage } from "../storage/storage.ts";

/** An upload. */
export interface Upload {
  readonly shard: number;
  readonly tenantId: string;
  readonly body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | Blob;
  /** As the client named it; the bytes decide. */
  readonly mimeType: string;
  readonly filename?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Stores an upload in Storage and in public.media. The body is not held in memory.
 * @param parts - Postgres, and the bucket as `openStorage` opens it
 * @returns the file: that of an earlier upload when the tenant has uploaded the same bytes before
 * @throws MessageProcessingError `media_too_large`, `media_type`, `media_empty`: mend the upload; WorkflowError when a later
 *   try may succeed; what the database throws
 */
export async function storeMedia(
  parts: { readonly db: Database; readonly storage: FileStorage },
  upload: Upload,
): Promise<MediaRow> {
  const { db, storage } = parts;
  const { shard, tenantId, body, mimeType, filename, signal } = upload;
  const kind = kindOf(mimeType);
  const id = crypto.randomUUID();
  const stream = body instanceof ReadableStream ? body : new Blob([body]).stream();
  const kept = await keepFile(storage, {
    tenantId,
    mediaId: id,
    at: new Date(),
    kind,
    body: stream,
    mimeType,
    filename,
    signal,
  });
  const drop = () => storage.remove(kept.storagePath);
  // By what it is: what WhatsApp does not show, or not in this size, goes out as a document.
  const shown = kindOf(kept.mimeType);
  const row = await storeMediaRow(db, shard, tenantId, {
    id,
    kind: kept.sizeBytes <= MEDIA_LIMITS[shown] ? shown : "document",
    mime_type: kept.mimeType,
    size_bytes: kept.sizeBytes,
    sha256: kept.sha256,
    filename: kept.filename ?? null,
    storage_path: kept.storagePath,
  }).catch(async (error) => {
    await drop().catch(() => undefined); // what nobody knows of is not kept; the caller hears why it is not known
    throw error;
  });
  if (row.storage_path !== kept.storagePath) await drop();
  return row;
}
