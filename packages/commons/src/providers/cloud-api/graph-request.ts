// One POST to the Graph API's messages edge, and what can honestly be said about it afterwards: it was answered, it
// never left, or nobody knows.
import { z } from "zod";
import type { Json } from "../../json.ts";
import { cleanJson } from "../untrusted-json.ts";

/** Where the Graph API is; the names of the settings in env.ts. */
export interface GraphSettings {
  readonly GRAPH_API_URL: string;
  readonly GRAPH_API_VERSION: string;
  /** Longest time of one request, seconds; 15 by default. */
  readonly timeoutSeconds?: number;
}

/** The messages edge of one Graph API. */
export interface GraphMessagesApi {
  readonly urlOf: (phoneNumberId: string) => string;
  readonly timeoutMs: number;
}

/** What is known after a request. */
export type GraphReply =
  | {
      readonly state: "answered";
      readonly httpStatus: number;
      readonly retryAfterSeconds?: number;
      readonly body: GraphBody;
    }
  /** Certainly nothing reached the other side. */
  | { readonly state: "not_sent"; readonly code: string; readonly message: string; readonly retryable: boolean }
  /** The request may have reached the other side; no answer came. */
  | { readonly state: "lost"; readonly code: string; readonly message: string };

/** An answer's body: its JSON, something else, or cut off on the way. */
export type GraphBody = { readonly kind: "json"; readonly json: Json } | { readonly kind: "garbage" | "cut_off" };

/** One request. */
export interface GraphRequest {
  readonly phoneNumberId: string;
  readonly credentials: Json;
  readonly body: Json;
  readonly correlationId: string;
  readonly signal: AbortSignal;
  /** Awaited right before the request leaves; when it throws, nothing leaves. */
  readonly beforeIo?: () => Promise<void>;
}

/** A header can only carry visible ASCII, and fetch's complaint about anything else would quote the token. */
const cloudApiCredentials = z.object({ accessToken: z.string().regex(/^[\x21-\x7e]+$/) });

/** Prepares the address of the messages edge. */
export function graphMessagesApi({
  GRAPH_API_URL,
  GRAPH_API_VERSION,
  timeoutSeconds = 15,
}: GraphSettings): GraphMessagesApi {
  const root = `${GRAPH_API_URL.replace(/\/+$/, "")}/${GRAPH_API_VERSION}`;
  return { urlOf: (id) => `${root}/${encodeURIComponent(id)}/messages`, timeoutMs: timeoutSeconds * 1000 };
}

/** Posts once; throws what `beforeIo` throws and nothing else, never follows a redirect, never repeats. */
export async function postMessages(api: GraphMessagesApi, request: GraphRequest): Promise<GraphReply> {
  const credentials = cloudApiCredentials.safeParse(request.credentials);
  if (!credentials.success)
    return notSent(
      "credentials",
      "the account's credentials need an accessToken without spaces; store them again",
      false,
    );
  if (request.signal.aborted) return notSent("aborted", "the try was given up before it began", true);
  await request.beforeIo?.();
  const timeout = AbortSignal.timeout(api.timeoutMs);
  try {
    const response = await fetch(api.urlOf(request.phoneNumberId), {
      method: "POST",
      headers: {
        authorization: `Bearer ${credentials.data.accessToken}`,
        "content-type": "application/json",
        "x-correlation-id": request.correlationId.replaceAll(/[^\x21-\x7e]/g, ""),
      },
      body: JSON.stringify(request.body),
      redirect: "manual",
      signal: AbortSignal.any([request.signal, timeout]),
    });
    return {
      state: "answered",
      httpStatus: response.status,
      ...retryAfter(response.headers.get("retry-after")),
      body: await readBody(response),
    };
  } catch (error) {
    if (timeout.aborted) return lost("timeout", `no answer within ${api.timeoutMs / 1000} seconds`);
    if (request.signal.aborted) return lost("aborted", "the try was given up before an answer came");
    if (neverConnected(error))
      return notSent("network", "no connection to the Graph API; check GRAPH_API_URL and the network", true);
    return lost("connection_lost", "the connection ended before an answer came");
  }
}

async function readBody(response: Response): Promise<GraphBody> {
  let text: string;
  try {
    text = await response.text();
  } catch {
    // The status is known, what it says is not: the reader of the reply decides what that is worth.
    return { kind: "cut_off" };
  }
  try {
    return { kind: "json", json: cleanJson(JSON.parse(text)) };
  } catch {
    return { kind: "garbage" };
  }
}

/** Retry-After is seconds or a date. */
function retryAfter(header: string | null): { retryAfterSeconds?: number } {
  if (header === null) return {};
  const seconds = /^\d{1,8}$/.test(header.trim())
    ? Number(header)
    : Math.ceil((Date.parse(header) - Date.now()) / 1000);
  return Number.isFinite(seconds) ? { retryAfterSeconds: Math.max(0, seconds) } : {};
}

/** Failures that happen before a connection stands: refused, or no address for the name. */
const beforeConnecting = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

/**
 * Whether it is certain that the request never left. Node names it in `cause.code`, for several addresses of a name in
 * `cause.errors`; Deno says it in words ("client error (Connect): tcp connect error: Connection refused", "dns error").
 */
export function neverConnected(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const cause = error.cause;
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isConnectFailure);
  if (isConnectFailure(cause)) return true;
  const words = `${error.message} ${cause instanceof Error ? cause.message : ""}`;
  return words.includes("client error (Connect)") || words.includes("dns error") || words.includes("tcp connect error");
}

function isConnectFailure(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return false;
  return beforeConnecting.has(error.code) || ("syscall" in error && error.syscall === "connect");
}

function notSent(code: string, message: string, retryable: boolean): GraphReply {
  return { state: "not_sent", code, message, retryable };
}

function lost(code: string, message: string): GraphReply {
  return { state: "lost", code, message };
}
