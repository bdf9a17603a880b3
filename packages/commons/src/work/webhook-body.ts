// Reading a webhook's body: never more than allowed, and never what would choke the engine.
import { InvalidInputError } from "../errors.ts";

/** Deeper than anything that a provider sends; Postgres and JSON.stringify recurse. */
const MAX_DEPTH = 100;

/**
 * Reads the raw bytes of a request.
 * @param limit - in bytes
 * @throws InvalidInputError `body_too_large`, without reading on; `body_cut_off` when the sender went away
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const part = await reader?.read().catch((cause: unknown) => {
      throw new InvalidInputError("The body ended before it was complete.", { code: "body_cut_off", cause });
    });
    if (part === undefined || part.done) break;
    size += part.value.byteLength;
    if (size > limit) {
      // The rest is not wanted; that it cannot be refused either changes nothing.
      await reader?.cancel().catch(() => undefined);
      throw tooLarge(limit);
    }
    chunks.push(part.value);
  }
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}

/**
 * Parses a JSON body.
 * @throws InvalidInputError `body_malformed` when it is not UTF-8, not JSON, or nested beyond reason
 */
export function parseJsonBody(body: Uint8Array): unknown {
  if (depthOf(body) > MAX_DEPTH)
    throw new InvalidInputError(`The body is nested more than ${MAX_DEPTH} levels deep.`, { code: "body_malformed" });
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    // Without the parser's own error: it quotes the text.
    throw new InvalidInputError("The body is not JSON in UTF-8.", { code: "body_malformed" });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = [0x5b, 0x7b];
const CLOSING = [0x5d, 0x7d];

/** The nesting of a JSON text, in one pass over its bytes (in UTF-8 these four never occur within a character). */
function depthOf(json: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index] ?? 0;
    if (byte === QUOTE) isText = !isText;
    else if (isText && byte === BACKSLASH) index += 1;
    else if (isText) continue;
    else if (OPENING.includes(byte)) deepest = Math.max(deepest, ++depth);
    else if (CLOSING.includes(byte)) depth -= 1;
  }
  return deepest;
}

function tooLarge(limit: number): InvalidInputError {
  return new InvalidInputError(`The body is larger than ${limit} bytes; send it in parts.`, { code: "body_too_large" });
}
