// The Graph API's media calls: upload, look up, fetch, delete.
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

/**
 * Keeps an uploaded file.
 * @param form - the multipart form: messaging_product, file, type
 * @throws GraphError 100 when a field is missing or the file is of a type or size that is not supported
 */
export async function upload(world: World, form: FormData): Promise<Content> {
  if (form.get("messaging_product") !== "whatsapp")
    throw new GraphError(100, { message: "(#100) The parameter messaging_product is required." });
  const file = form.get("file");
  if (!(file instanceof File)) throw new GraphError(100, { message: "(#100) The parameter file is required." });
  const type = String(form.get("type") ?? file.type);
  const limit = limits[type.split(";")[0]?.trim() ?? ""];
  if (limit === undefined)
    throw new GraphError(100, {
      message: `(#100) Param file must be a file with one of the following types: ${Object.keys(limits).join(", ")}. Received file of type '${type}'.`,
    });
  if (file.size > limit || file.size === 0)
    throw new GraphError(131053, { details: `The file has ${file.size} bytes; allowed are 1 to ${limit}.` });
  const stored = world.media.add(new Uint8Array(await file.arrayBuffer()), type, file.name);
  return { id: stored.id };
}

/** What the look-up of a file answers; the address in it works for five minutes and needs the token. */
export function mediaFacts(world: World, file: MediaFile): Content {
  return {
    messaging_product: "whatsapp",
    url: world.media.url(world.origin, file.id),
    mime_type: file.mimeType,
    sha256: file.sha256.toString("hex"),
    file_size: file.bytes.length,
    id: file.id,
  };
}

function each(types: readonly string[], limit: number): Readonly<Record<string, number>> {
  return Object.fromEntries(types.map((type) => [type, limit]));
}
