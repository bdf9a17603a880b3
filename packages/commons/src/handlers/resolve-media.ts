// What a provider takes in the place of a file of ours: the id of its upload, which is made when there is none.
import { findMediaUpload, forgetMediaUpload, keepMediaUpload } from "../db/media.ts";
import { MessageProcessingError } from "../errors.ts";
import type { Provider, ProviderAccount, ResolveMedia } from "../providers/provider.ts";
import type { HandlerContext } from "./handler.ts";
import { uploadOnce } from "./uploads.ts";

/** For whom files are resolved. */
export interface ResolverOptions {
  readonly context: Pick<HandlerContext, "db" | "storage">;
  readonly shard: number;
  readonly accountId: string;
  readonly account: ProviderAccount;
  readonly provider: Provider;
  readonly correlationId: string;
  /** An earlier try was refused because of its file (131052, 131053): its upload is forgotten and made anew. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
}

/**
 * Resolves the files of one try at sending. A link is passed on: the provider fetches it, we never do.
 * @returns a function that throws MessageProcessingError `media_unknown`, or for what the provider will never take;
 *   WorkflowError when a later try may succeed
 */
export function createMediaResolver(options: ResolverOptions): ResolveMedia {
  return async (ref) => ("link" in ref ? ref : { id: await uploadOf(ref.mediaId, options) });
}

async function uploadOf(mediaId: string, options: ResolverOptions): Promise<string> {
  const { context, shard, accountId, account, provider, correlationId, fresh, signal } = options;
  const file = await findMediaUpload(context.db, shard, accountId, mediaId);
  if (file === undefined)
    throw new MessageProcessingError("The tenant has no file of that id, or it could not be had.", {
      code: "media_unknown",
      context: { mediaId },
    });
  const known: string | null = file.provider_media_id;
  if (known !== null && !fresh) return known;
  if (known !== null) await forgetMediaUpload(context.db, shard, accountId, known);

  const { uploadMedia } = provider;
  if (uploadMedia === undefined)
    throw new MessageProcessingError(`The provider ${provider.id} takes no uploads.`, { code: "media_unsupported" });
  const { mime_type: mimeType, sha256, storage_path: path } = file;
  return await uploadOnce(`${accountId} ${sha256}`, async () => {
    // Between the look above and this turn somebody may have uploaded it.
    const other: string | null | undefined = (await findMediaUpload(context.db, shard, accountId, mediaId))
      ?.provider_media_id;
    if (other && other !== known) return other;
    const bytes = await context.storage.download(path, signal);
    const filename = file.filename ?? path.split("/").at(-1) ?? "file";
    const { id, keepSeconds } = await uploadMedia({ account, file: bytes, mimeType, filename, correlationId, signal });
    await keepMediaUpload(context.db, shard, accountId, { sha256, providerMediaId: id, keepSeconds });
    return id;
  });
}
