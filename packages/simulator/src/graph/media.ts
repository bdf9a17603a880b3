// The Graph API's media calls: upload, look up, fetch, delete; and what can be wrong with a file on its way.
import type { Context } from "hono";
import type { MediaFile } from "../media.ts";
import type { Content } from "../types.ts";
import type { World } from "../world.ts";
import { GraphError } from "./errors.ts";

const MB = 1024 * 1024;
const office = "application/vnd.openxmlformats-officedocument";
/** Accepted types and their largest size ("Supported media types" of the Cloud API documentation). */
const limits: Readonly<Record<string, number>> = {
  ...each(["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"], 16 * MB),
  ...each(["image/jpeg", "image/png"], 5 * MB),
  ...each(["video/mp4", "video/3gpp"], 16 * MB),
  ...each(["image/webp"], 512 * 1024),
  ...each(
    [
      "text/plain",
      "application/pdf",
      "application/msword",
      "application/vnd.ms-excel",
      "application/vnd.ms-powerpoint",
      `${office}.wordprocessingml.document`,
      `${office}.spreadsheetml.sheet`,
      `${office}.presentationml.presentation`,
    ],
    100 * MB,
  ),
};
const HTML = "<html><head><title>Error</title></head><body>Sorry, something went wrong.</body></html>";
const CHUNK = 64 * 1024;

/** The largest size of a file of that type, in bytes; 0 for a type that is not supported. */
export function sizeLimit(type: string): number {
  return limits[type.split(";")[0]?.trim() ?? ""] ?? 0;
}

/**
 * Keeps an uploaded file.
 * @param form - the multipart form: messaging_product, file, type
 * @param query - the same but the file may stand in the query, as with every call of the Graph API
 * @throws GraphError 100 when a field is missing or the file is of a type that is not supported, 131053 for its size
 */
export async function upload(world: World, form: FormData, query: Readonly<Record<string, string>>): Promise<Content> {
  if ((form.get("messaging_product") ?? query.messaging_product) !== "whatsapp")
    throw new GraphError(100, { message: "(#100) The parameter messaging_product is required." });
  const file = form.get("file");
  if (!(file instanceof File)) throw new GraphError(100, { message: "(#100) The parameter file is required." });
  const type = String(form.get("type") ?? query.type ?? file.type);
  const limit = sizeLimit(type);
  if (limit === 0)
    throw new GraphError(100, {
      message: `(#100) Param file must be a file with one of the following types: ${Object.keys(limits).join(", ")}. Received file of type '${type}'.`,
    });
  if (file.size > limit || file.size === 0)
    throw new GraphError(131053, { details: `The file has ${file.size} bytes; allowed are 1 to ${limit}.` });
  const stored = world.media.add(new Uint8Array(await file.arrayBuffer()), type, { filename: file.name });
  world.stats.mediaUploads += 1;
  return { id: stored.id };
}

/** What the look-up of a file answers; the address in it works for five minutes and needs the token. */
export function mediaFacts(world: World, file: MediaFile): Content {
  return {
    messaging_product: "whatsapp",
    url: world.media.url(world.origin, file.id),
    mime_type: file.mimeType,
    sha256: file.shownSha256.toString("hex"),
    file_size: file.faults.fileSize ?? file.bytes.length,
    id: file.id,
  };
}

/** The bytes of an address that a webhook or a look-up gave. */
export function fetchFile(world: World, c: Context): Response {
  const file = fileOf(world, c);
  if (file === undefined) return notFound(world, c);
  const { faults } = file;
  if (file.fetches < faults.notFound) {
    file.fetches += 1;
    return notFound(world, c);
  }
  if (faults.redirect !== false) {
    const target = faults.redirect === true ? `${otherHost(world)}/elsewhere/attachments/` : faults.redirect;
    return c.redirect(`${target}?${new URLSearchParams(c.req.query())}`, 302);
  }
  return bytes(world, c, file);
}

/** The same under another host name, where no token may arrive: storage behind a redirect. */
export function elsewhere(world: World, c: Context): Response {
  if (c.req.header("authorization") !== undefined) world.stats.tokensCarriedAlong += 1;
  const file = fileOf(world, c);
  return file === undefined ? notFound(world, c) : bytes(world, c, file);
}

function bytes(world: World, c: Context, file: MediaFile): Response {
  world.stats.mediaDownloads += 1;
  file.fetches += 1;
  const { html, streamBytes } = file.faults;
  if (html) return c.html(HTML);
  const headers = { "content-type": file.mimeType };
  if (streamBytes !== null) return c.body(zeros(streamBytes), 200, headers);
  return c.body(file.bytes, 200, { ...headers, "content-length": String(file.bytes.length) });
}

/** So many bytes, without saying so first. */
function zeros(count: number): ReadableStream<Uint8Array> {
  let left = count;
  return new ReadableStream({
    pull(controller) {
      const size = Math.min(CHUNK, left);
      left -= size;
      if (size > 0) controller.enqueue(new Uint8Array(size));
      if (left === 0) controller.close();
    },
  });
}

function fileOf(world: World, c: Context): MediaFile | undefined {
  const { mid = "", ext = "", hash = "" } = c.req.query();
  return world.media.fromUrl(mid, ext, hash);
}

function notFound(world: World, c: Context): Response {
  world.stats.mediaRefused += 1;
  return c.text("URL signature mismatch or expired", 404);
}

/** The simulator under the other of its two names; to a client that is another host. */
function otherHost(world: World): string {
  const url = new URL(world.origin);
  url.hostname = url.hostname === "localhost" ? "127.0.0.1" : "localhost";
  return url.origin;
}

function each(types: readonly string[], limit: number): Readonly<Record<string, number>> {
  return Object.fromEntries(types.map((type) => [type, limit]));
}
