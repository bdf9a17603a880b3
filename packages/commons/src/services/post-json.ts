// One POST of JSON to an endpoint: the answer is parsed, every other outcome becomes an AgentError.
import type { z } from "zod";
import { AgentError } from "../errors.ts";
import { problemsOf } from "../problems.ts";
import type { EndpointView } from "./endpoint.ts";
import { endpointUrl } from "./service.ts";

/** A larger answer is refused: it would have to be held in memory. */
export const MAX_ANSWER_BYTES = 1024 * 1024;
/** Longer waits that an endpoint asks for are cut to this. */
const MAX_RETRY_AFTER_SECONDS = 3600;

/** One request. */
export interface JsonRequest<T> {
  readonly path: string;
  /** The body, serialised already: it is the same for every try. */
  readonly body: string;
  readonly correlationId: string;
  readonly responseSchema: z.ZodType<T>;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
}

/**
 * Posts JSON and parses the answer. Redirects are not followed: an endpoint is where it registered itself.
 * @returns the answer as the schema gives it
 * @throws AgentError AGENT_HTTP_ERROR (4xx other than 408 and 429 are not retryable), AGENT_ANSWER_TOO_LARGE,
 *   AGENT_INVALID_JSON, AGENT_INVALID_ANSWER; each with the status in its context. Errors of fetch pass as they are.
 */
export async function postJson<T>(endpoint: EndpointView, request: JsonRequest<T>): Promise<T> {
  const { fetch } = request;
  const response = await fetch(endpointUrl(endpoint.url, request.path), {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      "x-correlation-id": request.correlationId,
    },
    body: request.body,
    redirect: "manual",
    signal: request.signal,
  });
  const about = { service: endpoint.service, status: response.status };
  if (!response.ok) {
    // What stands in the body may be personal; it is neither read nor logged.
    await response.body?.cancel();
    throw httpError(response, about);
  }
  return parse(await readText(response, about), request.responseSchema, about);
}

type About = { readonly service: string; readonly status: number };

function httpError(response: Response, about: About): AgentError {
  const { status } = response;
  const isCallersFault = status >= 400 && status < 500 && status !== 408 && status !== 429;
  const isRedirect = status === 0 || (status >= 300 && status < 400);
  const advice = isRedirect ? "; register the address that answers itself, redirects are not followed" : "";
  return new AgentError(`${about.service} answered with HTTP status ${status}${advice}.`, {
    code: "AGENT_HTTP_ERROR",
    context: about,
    retryable: !isCallersFault,
    retryAfterSeconds: status === 429 || status === 503 ? retryAfter(response.headers.get("retry-after")) : undefined,
  });
}

/** Retry-After is a number of seconds or a date (https://www.rfc-editor.org/rfc/rfc9110#name-retry-after). */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(Math.ceil(seconds), 0), MAX_RETRY_AFTER_SECONDS);
}

async function readText(response: Response, about: About): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_ANSWER_BYTES) {
      await reader.cancel();
      throw new AgentError(`${about.service} answered with more than ${MAX_ANSWER_BYTES} bytes; make it answer less.`, {
        code: "AGENT_ANSWER_TOO_LARGE",
        context: about,
      });
    }
    text += decoder.decode(value, { stream: true });
  }
}

function parse<T>(text: string, schema: z.ZodType<T>, about: About): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be personal.
    throw new AgentError(`${about.service} answered with something that is not JSON.`, {
      code: "AGENT_INVALID_JSON",
      context: about,
    });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error);
  throw new AgentError(`${about.service} answered with JSON of another shape (${problems.join("; ")}).`, {
    code: "AGENT_INVALID_ANSWER",
    context: { ...about, problems },
  });
}
