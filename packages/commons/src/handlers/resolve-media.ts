// What a provider takes in the place of a file of ours: the id of its upload, which is made when there is none, and made
// anew when the provider would not have the old one any more.
import { findMediaUpload, forgetMediaUpload, keepMediaUpload } from "../db/media.ts";
import { MessageProcessingError, WorkflowError } from "../errors.ts";
import type { SendOutcome } from "../outbound.ts";
import type { MediaRef, Provider } from "../providers/provider.ts";
import type { SendingAccount } from "./accounts.ts";
import type { HandlerContext } from "./handler.ts";
import { uploadOnce } from "./uploads.ts";

/** Meta could not fetch, or could not use, a file that it had taken before. */
const UPLOAD_LOST = new Set(["131052", "131053"]);

/** For whom files are resolved. */
export interface ResolverOptions {
  readonly context: Pick<HandlerContext, "db" | "storage">;
  readonly shard: number;
  readonly accountId: string;
  readonly account: SendingAccount;
  readonly provider: Provider;
  readonly correlationId: string;
  /** The message must not leave after it, milliseconds since 1970; what was uploaded by then serves the next try. */
  readonly leaveBy: number;
  readonly signal: AbortSignal;
}

/** Resolves the files of one try at sending. */
export class MediaResolver {
  /** Why a file could not be resolved: the message has not left. */
  failure: unknown;
  readonly #options: ResolverOptions;
  readonly #cached: string[] = [];

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /**
   * Turns a file into what the provider takes. A link is passed on: the provider fetches it, we never do.
   * @throws MessageProcessingError `media_unknown`, or what the provider will never take; WorkflowError for a later try
   */
  async resolve(ref: MediaRef): Promise<{ readonly id: string } | { readonly link: string }> {
    if ("link" in ref) return ref;
    try {
      const id = await this.#uploadOf(ref.mediaId);
      if (Date.now() >= this.#options.leaveBy) throw late();
      return { id };
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
  }

  /**
   * Looks whether a refusal is about an upload that was made for an earlier message; then forgets it, so that the next try
   * uploads anew. A file that was uploaded for this very try is as good as it gets: its refusal stands.
   */
  async judge(outcome: SendOutcome): Promise<SendOutcome> {
    if (outcome.state !== "REJECTED" || !UPLOAD_LOST.has(outcome.code) || this.#cached.length === 0) return outcome;
    const { context, shard, accountId } = this.#options;
    // Not forgotten, it is refused and forgotten with the next try: what is known of this one must not be lost for it.
    for (const id of this.#cached) await forgetMediaUpload(context.db, shard, accountId, id).catch(() => false);
    return { ...outcome, class: "retry", message: `${outcome.message}; the file is uploaded anew` };
  }

  async #uploadOf(mediaId: string): Promise<string> {
    const { context, shard, accountId, account, provider, correlationId, signal } = this.#options;
    const file = await findMediaUpload(context.db, shard, accountId, mediaId);
    if (file === undefined)
      throw new MessageProcessingError("The tenant has no file of that id, or it could not be had.", {
        code: "media_unknown",
        context: { mediaId },
      });
    if (file.provider_media_id !== null) {
      this.#cached.push(file.provider_media_id);
      return file.provider_media_id;
    }
    const upload = provider.uploadMedia;
    if (upload === undefined)
      throw new MessageProcessingError(`The provider ${provider.id} takes no uploads.`, { code: "media_unsupported" });
    const { mime_type: mimeType, sha256, storage_path: path } = file;
    return await uploadOnce(`${accountId} ${sha256}`, async () => {
      const bytes = await context.storage.download(path, signal);
      const filename = file.filename ?? path.split("/").at(-1) ?? "file";
      const { id, keepSeconds } = await upload({ account, file: bytes, mimeType, filename, correlationId, signal });
      await keepMediaUpload(context.db, shard, accountId, { sha256, providerMediaId: id, keepSeconds });
      return id;
    });
  }
}

function late(): WorkflowError {
  return new WorkflowError("The upload took longer than the lease; the next try has it.", {
    code: "upload_late",
    retryable: true,
    retryAfterSeconds: 0,
  });
}
