// Fetches the file of a customer's message at once, because its address lives for minutes, and puts it into Storage. Every
// file is a lane of its own, so that the files of a conversation come side by side; the burst waits for all of them.
import { z } from "zod";
import { WEBHOOK_CONFIG } from "../config.ts";
import { finishMedia, setMediaState } from "../db/media.ts";
import { type ClaimedLane, scheduleMessageRetry } from "../db/queue.ts";
import { errorToJson, MessageProcessingError, WorkflowError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { mediaKinds, sha256Hex } from "../media.ts";
import type { HandlerContext, LaneHandler } from "./handler.ts";
import { type KeptFile, keepFile } from "./keep-file.ts";
import { persist } from "./persist.ts";

/** With the backoff's cap of 5 minutes about an hour and a half; afterwards the file is a dead letter, to be replayed. */
const MAX_TRIES = 24;

const payloadSchema = z.object({
  account_id: z.uuid(),
  file: z.object({
    kind: z.enum(mediaKinds),
    id: z.string(),
    mime_type: z.string().optional(),
    sha256: z.string().optional(),
    filename: z.string().optional(),
    url: z.string().optional(),
  }),
});

/** The handler of the media queue: a lane is one message, with one file. */
export const mediaHandler: LaneHandler = { queue: "media", perLane: 1, handle: fetchFile, fail: failFile };

/** Fetches the file, or writes down why it can never be had. */
async function fetchFile(lane: ClaimedLane, context: HandlerContext, signal: AbortSignal): Promise<void> {
  const head = headOf(lane);
  const { kind, id } = head.payload.file;
  const log = context.log.child({ messageId: lane.laneId, correlationId: head.correlationId });
  const finish = (result: JsonObject) =>
    persist(() => finishMedia(context.db, lane, head.seq, { kind, provider_media_id: id, ...result }), signal);
  // Whoever sends a few bytes now and then must not keep a worker's place.
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(WEBHOOK_CONFIG.timeouts.media)]);
  let kept: KeptFile;
  try {
    kept = await bringFile(lane, head, { context, signal: inTime });
  } catch (error) {
    if (!(error instanceof MessageProcessingError)) throw error;
    await finish({ error: { code: error.code, message: error.message } });
    log.warn("a file is not to be had", { kind, code: error.code });
    return;
  }
  await finish({
    mime_type: kept.mimeType,
    size_bytes: kept.sizeBytes,
    sha256: kept.sha256,
    filename: kept.filename,
    storage_path: kept.storagePath,
  });
  log.info("file stored", { kind, bytes: kept.sizeBytes });
}

/** From the provider into Storage. */
async function bringFile(
  lane: ClaimedLane,
  { payload, correlationId, enqueuedAt }: Head,
  { context, signal }: { readonly context: HandlerContext; readonly signal: AbortSignal },
): Promise<KeptFile> {
  const { account_id, file } = payload;
  const account = await context.accounts.get(lane.shard, account_id);
  const provider = context.provider(account.provider);
  if (provider.downloadMedia === undefined)
    throw new MessageProcessingError(`The provider ${provider.id} has no files.`, { code: "media_unsupported" });
  const media = { id: file.id, url: file.url };
  const download = await provider.downloadMedia({ account, media, correlationId, signal });
  return await keepFile(context.storage, {
    tenantId: lane.tenantId,
    mediaId: lane.laneId,
    at: new Date(enqueuedAt),
    kind: file.kind,
    body: download.body,
    mimeType: download.mimeType ?? file.mime_type,
    sha256: [download.sha256, sha256Hex(file.sha256)].filter((hash) => hash !== undefined),
    sizeBytes: download.sizeBytes,
    filename: file.filename,
    signal,
  });
}

/** What may go better later is tried again. */
async function failFile(lane: ClaimedLane, context: HandlerContext, error: unknown): Promise<"retry" | "dead"> {
  const outcome = await scheduleMessageRetry(context.db, lane, lane.messages[0]?.seq ?? 0, {
    error: errorToJson(error),
    maxTries: error instanceof MessageProcessingError ? lane.tries : MAX_TRIES,
    retryAfterSeconds: error instanceof WorkflowError ? error.retryAfterSeconds : undefined,
  });
  if (outcome === "dead") await setMediaState(context.db, lane.shard, lane.laneId, "failed");
  return outcome;
}

type Head = ReturnType<typeof headOf>;

function headOf(lane: ClaimedLane) {
  const [message] = lane.messages;
  const payload = payloadSchema.safeParse(message?.payload);
  if (message === undefined || !payload.success)
    throw new MessageProcessingError("A media queue message names no file.", { code: "payload_malformed" });
  const { seq, correlationId, enqueuedAt } = message;
  return { seq, correlationId, enqueuedAt, payload: payload.data };
}
