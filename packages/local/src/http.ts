// Small helpers for the gateway's answers.
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

/** Headers that let a browser of any origin read the gateway's own answers. */
export const corsHeaders: OutgoingHttpHeaders = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "authorization, x-client-info, apikey, content-type",
  "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
};

/**
 * Answers with JSON, unless an answer has begun already: then the connection is cut, so that nobody takes the
 * beginning for the whole.
 * @param response - the answer
 * @param status - HTTP status
 * @param body - anything that JSON can hold
 * @param headers - more headers
 */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { "content-type": "application/json", ...corsHeaders, ...headers });
  response.end(JSON.stringify(body));
}
