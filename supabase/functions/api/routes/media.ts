// Files to send: uploaded once, then named by their id in as many messages as one likes.
import { WorkflowError } from "@switchboard/commons/errors.ts";
import { storeMedia } from "@switchboard/commons/work/store-media.ts";
import { z } from "zod";
import { operation } from "../operation.ts";
import { Problem, type Refusal } from "../problem.ts";

/** A form is held in memory, of which a function has 256 MB; a raw body is not, and may have what WhatsApp allows. */
const FORM_LIMIT = 32 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

const media = z
  .object({
    id: z.uuid().meta({ description: "For content.media.mediaId of a message." }),
    kind: z.enum(["image", "audio", "video", "document", "sticker"]).meta({ description: "As what it can be sent." }),
    mime_type: z.string().meta({ description: "What the bytes are, whatever they were said to be." }),
    size_bytes: z.number().int(),
    sha256: z.string(),
    filename: z.string().nullable(),
  })
  .meta({ id: "Media", description: "A file that can be sent." });

/** Uploads a file. */
export const uploadMedia = operation({
  method: "post",
  path: "/v1/media",
  operationId: "uploadMedia",
  tag: "Media",
  summary: "Upload a file",
  description:
    "Takes the file itself as the body, with its Content-Type (up to 100 MB, as WhatsApp allows for its kind), or a form with a field `file` (up to 32 MB). The same file uploaded again is the same one.",
  scope: "media:write",
  query: z.strictObject({
    filename: z.string().min(1).max(240).optional().meta({ description: "Its name, for a raw body." }),
  }),
  upload: true,
  success: {
    status: 201,
    description: "It is stored.",
    schema: media,
    headers: z.object({ location: z.string().optional() }),
  },
  refusals: [400, 411, 413, 415],
  handle: async ({ query, request, acting }, { db, storage }) => {
    const file = await fileOf(request, query.filename);
    const upload = { shard: acting.shard, tenantId: acting.tenantId, signal: AbortSignal.timeout(TIMEOUT_MS), ...file };
    const row = await storeMedia({ db, storage }, upload).catch((error) => {
      throw problemOf(error);
    });
    const { id, kind, mime_type, size_bytes, sha256, filename } = row;
    return { body: { id, kind, mime_type, size_bytes, sha256, filename } };
  },
});

/** The file of a request: the field `file` of a form, or the body itself. */
async function fileOf(request: Request, filename: string | undefined) {
  const type = request.headers.get("content-type") ?? "application/octet-stream";
  if (!/^multipart\/form-data/i.test(type)) {
    if (request.body === null) throw new Problem(422, { code: "media_empty", detail: "Send the file as the body." });
    return { body: request.body, mimeType: type, filename };
  }
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  if (!(length >= 0))
    throw new Problem(411, { code: "length_required", detail: "Send a form with its Content-Length." });
  if (length > FORM_LIMIT)
    throw new Problem(413, { code: "body_too_large", detail: "Send a file of this size as the body, not in a form." });
  const form = await request.formData().catch(() => {
    throw new Problem(400, { code: "body_malformed", detail: "The body is not a form." });
  });
  const file = form.get("file");
  if (!(file instanceof File))
    throw new Problem(422, {
      code: "validation_failed",
      detail: "The form needs a field `file` with the file.",
      errors: [{ path: "body.file", message: "must be a file" }],
    });
  return { body: file, mimeType: file.type || "application/octet-stream", filename: filename ?? file.name };
}

const BY_CODE: Readonly<Record<string, Refusal>> = {
  media_too_large: 413,
  media_type: 415,
  media_empty: 422,
  media_broken_off: 400,
  media_stalled: 400,
};

function problemOf(error: unknown): unknown {
  if (!(error instanceof WorkflowError)) return error;
  const status = BY_CODE[error.code];
  if (status !== undefined) return new Problem(status, { code: error.code, detail: error.message });
  if (!error.code.startsWith("storage_")) return error;
  const detail = "Storage is away; send the same file again later.";
  return new Problem(503, { code: "storage_away", detail, headers: { "retry-after": "5" } });
}
