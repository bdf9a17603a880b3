// The last look at a content before it leaves. What agents answer and what the API takes in was made to fit when it was queued;
// what came into the outbox in another way, or when the provider still showed more, is made to fit here.
import { findMediaUpload } from "../db/media.ts";
import type { OutboundContent } from "../outbound.ts";
import type { Provider } from "../providers/provider.ts";
import { type FileFacts, filesOf, fitOrThrow, withFileTypes } from "../text/fit.ts";
import type { HandlerContext } from "./handler.ts";

/** For whom a content is made to fit. */
export interface FitOptions {
  readonly context: Pick<HandlerContext, "db">;
  readonly shard: number;
  readonly accountId: string;
  readonly provider: Pick<Provider, "capabilities">;
}

/**
 * The content as the provider can show it, in one message.
 * @throws MessageProcessingError `content_does_not_fit`
 */
export async function fitToSend(content: OutboundContent, options: FitOptions): Promise<OutboundContent> {
  const { context, shard, accountId, provider } = options;
  const files = new Map<string, Pick<FileFacts, "mimeType">>();
  // A file that there is not is for the resolver to say.
  for (const { mediaId } of withoutType(content)) {
    const file = await findMediaUpload(context.db, shard, accountId, mediaId);
    if (file !== undefined) files.set(mediaId, { mimeType: file.mime_type });
  }
  return fitOrThrow(withFileTypes(content, files), provider.capabilities);
}

/** The files of ours whose type nobody said. */
function withoutType(content: OutboundContent) {
  const part = "header" in content ? content.header : content;
  const isTyped = part !== undefined && "mimeType" in part && part.mimeType !== undefined;
  return isTyped || content.type === "template" ? [] : filesOf(content);
}
