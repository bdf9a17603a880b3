// Whether the media of a message can be sent: its id must exist, and its type must fit the message.
// Source: "Supported media types" of the Cloud API documentation; Meta takes the message and fails it later (131053).

import { mediaInTemplate } from "../templates/fill.ts";
import type { RenderedTemplate } from "../templates/types.ts";
import type { Content } from "../types.ts";
import type { World } from "../world.ts";
import { GraphError } from "./errors.ts";
import { sizeLimit } from "./media.ts";
import type { SendRequest } from "./request.ts";

/** An error that comes as a `failed` status. */
export type LateFailure = { readonly code: number; readonly details?: string | undefined };

const LINK_MS = 10_000;
const fits: Readonly<Record<string, (mime: string) => boolean>> = {
  image: (mime) => mime === "image/jpeg" || mime === "image/png",
  video: (mime) => mime === "video/mp4" || mime === "video/3gpp",
  audio: (mime) => mime.startsWith("audio/"),
  sticker: (mime) => mime === "image/webp",
  document: () => true,
};

/**
 * Checks the media of a message: its own, the one of its header, the one of its template's header.
 * @throws GraphError 100 when an id is unknown
 */
export function checkMedia(
  world: World,
  request: SendRequest,
  rendered: RenderedTemplate | undefined,
): LateFailure | undefined {
  const found = mediaOf(request, rendered);
  if (found === undefined || typeof found.media.id !== "string") return undefined;
  const file = world.media.get(found.media.id);
  if (file === undefined)
    throw new GraphError(100, {
      message: `(#100) Param ${found.kind}['id'] is not a valid whatsapp business account media attachment ID`,
    });
  return unfit(found.kind, file.mimeType);
}

/** Fetches the media of a message that is given by a link, as Meta does after it has accepted the message. */
export async function fetchLink(
  request: SendRequest,
  rendered: RenderedTemplate | undefined,
): Promise<LateFailure | undefined> {
  const found = mediaOf(request, rendered);
  const link = found?.media.link;
  if (found === undefined || typeof link !== "string") return undefined;
  const failed = (why: string) => ({ code: 131053, details: `Downloading media from weblink failed ${why}` });
  try {
    const answer = await fetch(link, { signal: AbortSignal.timeout(LINK_MS) });
    const { byteLength } = await answer.arrayBuffer();
    if (!answer.ok) return failed(`with http code ${answer.status}, status message ${answer.statusText}`);
    const mime = answer.headers.get("content-type") ?? "";
    if (byteLength > sizeLimit(mime)) return failed(`because the file has ${byteLength} bytes`);
    return unfit(found.kind, mime);
  } catch {
    return failed("because nobody answered");
  }
}

function unfit(kind: string, type: string): LateFailure | undefined {
  const mime = type.split(";")[0]?.trim() ?? "";
  return fits[kind]?.(mime) === false ? { code: 131053, details: `Unsupported ${kind} mime type ${mime}.` } : undefined;
}

function mediaOf(
  request: SendRequest,
  rendered: RenderedTemplate | undefined,
): { readonly kind: string; readonly media: Content } | undefined {
  const own = request.content[request.type];
  if (request.type in fits) return { kind: request.type, media: fields(own) };
  const templateMedia = rendered === undefined ? undefined : mediaInTemplate(rendered);
  if (templateMedia !== undefined) return { kind: rendered?.header?.format.toLowerCase() ?? "", media: templateMedia };
  const header = fields(fields(own).header);
  const kind = typeof header.type === "string" ? header.type : "";
  return request.type === "interactive" && kind in fits ? { kind, media: fields(header[kind]) } : undefined;
}

function fields(value: unknown): Content {
  // SAFETY: an object can be read by any string key; the values stay unknown.
  return typeof value === "object" && value !== null ? (value as Content) : {};
}
