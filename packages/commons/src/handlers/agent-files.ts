// The files of a turn as the agent sees them: each under an address that lives for some minutes.
import type { AgentTurn } from "../agent-contract.ts";
import type { StartedTurn, StoredFile } from "../db/turns.ts";
import { toError } from "../errors.ts";
import type { HandlerContext } from "./handler.ts";

/** Longer than any agent takes for a turn. */
const URL_SECONDS = 600;

type Message = StartedTurn["messages"][number];
/** What is told about the file of a message. */
type FileFields = Pick<AgentTurn["messages"][number], "media" | "file">;

/** How far the file of a message came, and the file itself. One that Storage does not show now counts as failed. */
export async function fileFields({ media, file }: Message, context: HandlerContext): Promise<FileFields> {
  if (media === null) return {};
  if (media !== "ready" || file === null) return { media };
  try {
    return { media, file: await shown(file, context) };
  } catch (error) {
    context.log.warn("a file could not be shown to the agent", { error: toError(error) });
    return { media: "failed" };
  }
}

async function shown(file: StoredFile, { storage }: HandlerContext): Promise<NonNullable<FileFields["file"]>> {
  return {
    kind: file.kind,
    mimeType: file.mime_type,
    ...(file.filename === null ? {} : { filename: file.filename }),
    sizeBytes: file.size_bytes,
    url: await storage.sign(file.storage_path, URL_SECONDS),
  };
}
