// One HTTP POST over a kept-alive connection. Plain node:http, because fetch costs several times as much per request and
// the simulator must not be the slow part of a load test.
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/** What was answered. */
export type Answer = { readonly status: number; readonly body: string };

const TIMEOUT_MS = 15_000;
const http = new HttpAgent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const https = new HttpsAgent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/**
 * Posts a body and reads the whole answer. Redirects are not followed, as Meta does not follow them either.
 * @param options - `signal` ends the request
 * @throws when there is no answer within 15 s, or when it was ended
 */
export function post(
  url: string,
  body: string,
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<Answer> {
  const secure = url.startsWith("https:");
  return new Promise((resolve, reject) => {
    const { signal } = options;
    if (signal.aborted) {
      reject(new Error("The request was ended."));
      return;
    }
    const request = (secure ? httpsRequest : httpRequest)(url, {
      method: "POST",
      agent: secure ? https : http,
      headers: { ...options.headers, "content-length": Buffer.byteLength(body) },
    });
    const end = () => request.destroy(new Error("The request was ended."));
    const timer = setTimeout(() => request.destroy(new Error(`No answer within ${TIMEOUT_MS} ms.`)), TIMEOUT_MS);
    signal.addEventListener("abort", end, { once: true });
    request.on("close", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    request.end(body);
  });
}
