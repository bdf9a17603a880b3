// The bytes of a webhook and their signature, as Meta makes them.
// Meta signs an escaped form of the JSON: lower-case \u00e4 for everything outside ASCII, \/ for a slash, and
// \u003C \u0025 \u0040 for < % @ (Messenger Platform documentation, "Validating payloads"). Parsing and writing such a
// body again changes the bytes, so only who checks the raw bytes passes.
import { createHmac } from "node:crypto";

/** The JSON of a value in Meta's escaped, pure ASCII form. */
export function escapedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[/<%@]|[^\x20-\x7e]/g, (char) => {
    if (char === "/") return "\\/";
    const code = char.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${char < "\x7f" ? code.toUpperCase() : code}`;
  });
}

/**
 * The value of `X-Hub-Signature-256`.
 * @param secret - the Meta app's secret
 */
export function signature(secret: string, body: string | Uint8Array): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}
