// The files' part of the engine: each function is the SQL function of the same name.
import { z } from "zod";
import type { JsonObject } from "../json.ts";
import { mediaKinds } from "../media.ts";
import { callParsed, callRows, callValue, type Database } from "./database.ts";
import { type ClaimedLane, seconds } from "./queue.ts";

const mediaRow = z.object({
  id: z.uuid(),
  kind: z.enum(mediaKinds),
  mime_type: z.string(),
  size_bytes: z.number(),
  sha256: z.string(),
  filename: z.string().nullable(),
  storage_path: z.string(),
});
/** A file that lies in Storage. */
export type MediaRow = z.infer<typeof mediaRow>;

/** Ends the fetching of a message's file; the file has the id of its message. See finish_media.sql. */
export async function finishMedia(db: Database, lane: ClaimedLane, seq: number, result: JsonObject): Promise<void> {
  await callValue(db, "finish_media", {
    p_shard: lane.shard,
    p_lane_id: lane.laneId,
    p_token: lane.token,
    p_seq: seq,
    p_result: result,
  });
}

/** Says how far the file of a message came; whether that changed anything. See set_media_state.sql. */
export async function setMediaState(
  db: Database,
  shard: number,
  messageId: string,
  state: "pending" | "ready" | "failed",
): Promise<boolean> {
  return await callValue(db, "set_media_state", { p_shard: shard, p_message_id: messageId, p_state: state });
}

/** Writes down an upload of a tenant; the file that has these bytes, this one or an earlier one. See store_media.sql. */
export async function storeMedia(db: Database, shard: number, tenantId: string, media: MediaRow): Promise<MediaRow> {
  const args = { p_shard: shard, p_tenant_id: tenantId, p_media: { ...media } };
  return await callParsed(db, "store_media", { args, result: mediaRow });
}

/** A file that an account is to send; undefined: it has none of that id. See find_media_upload.sql. */
export async function findMediaUpload(db: Database, shard: number, accountId: string, mediaId: string) {
  const args = { p_shard: shard, p_account_id: accountId, p_media_id: mediaId };
  const [file] = await callRows(db, "find_media_upload", args);
  return file;
}

/** Remembers the id that a provider gave a file. See keep_media_upload.sql. */
export async function keepMediaUpload(
  db: Database,
  shard: number,
  accountId: string,
  upload: { readonly sha256: string; readonly providerMediaId: string; readonly keepSeconds: number },
): Promise<void> {
  await callValue(db, "keep_media_upload", {
    p_shard: shard,
    p_account_id: accountId,
    p_sha256: upload.sha256,
    p_provider_media_id: upload.providerMediaId,
    p_keep: seconds(upload.keepSeconds),
  });
}

/** Forgets the id of a file that a provider would not have any more. See forget_media_upload.sql. */
export async function forgetMediaUpload(
  db: Database,
  shard: number,
  accountId: string,
  providerMediaId: string,
): Promise<boolean> {
  const args = { p_shard: shard, p_account_id: accountId, p_provider_media_id: providerMediaId };
  return await callValue(db, "forget_media_upload", args);
}
