// One port in front of everything, as on the platform: /rest/v1, /auth/v1 and /storage/v1 go to @supabase/lite, /realtime/v1
// to realtime.ts, /functions/v1/<name> to the edge functions. It knows the API keys, checks tokens for functions with
// verify_jwt, and passes bodies of any size through: a function sets its own limit.
import http, { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import type { EdgeFunctions, FunctionCall } from "./functions/functions.ts";
import { bearer, type Credentials, checkToken } from "./gateway-auth.ts";
import { corsHeaders, sendJson } from "./http.ts";
import type { Lite } from "./lite.ts";
import type { Broadcast, Realtime } from "./realtime.ts";

/** What stands behind the gateway. */
export interface GatewayOptions {
  readonly port: number;
  readonly credentials: Credentials;
  readonly lite: Lite;
  readonly functions: EdgeFunctions;
  readonly realtime: Pick<Realtime, "upgrade" | "publish">;
  /** Called for errors of the gateway itself. */
  readonly onError: (error: unknown) => void;
}

/** A running gateway. */
export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

const FUNCTIONS = "/functions/v1";
const LITE = ["/rest/v1", "/auth/v1", "/storage/v1"];
const FUNCTION_PATH = /^\/functions\/v1\/([A-Za-z0-9_-]+)(?=[/?]|$)/;

/**
 * Starts the gateway.
 * @param options - its port and what stands behind it
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const server = http.createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    route(options, request, response).catch((error) => {
      options.onError(error);
      sendJson(response, 500, { message: "Internal error of the local gateway; see its log" });
    });
  });
  server.on("upgrade", (request, socket, head) => {
    routeUpgrade(options, request, { socket, head }).catch((error) => {
      options.onError(error);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${options.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function route(options: GatewayOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? "/";
  if (url.startsWith(`${FUNCTIONS}/`)) return callFunction(options, request, response);
  if (url.startsWith("/auth/v1/.well-known/jwks.json"))
    return sendJson(response, 200, options.credentials.tokens.jwks, { "cache-control": "public, max-age=600" });
  if (LITE.some((start) => url.startsWith(start))) return callLite(options, request, response);
  if (url.startsWith("/realtime/v1/api/broadcast")) return publish(options, request, response);
  if (url === "/health") return sendJson(response, 200, { status: "ok" });
  sendJson(response, 404, {
    message: `No route for ${url.split("?")[0]}; there are /rest/v1, /auth/v1, /storage/v1, /realtime/v1 and /functions/v1`,
  });
}

async function callFunction(
  options: GatewayOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const call = await functionCall(options, request);
  if (call === undefined) {
    response.writeHead(404, { "content-type": "text/plain", ...corsHeaders });
    response.end("Function not found");
    return;
  }
  const refusal =
    call.fn.verifyJwt && request.method !== "OPTIONS" ? await checkToken(request, options.credentials) : undefined;
  if (refusal !== undefined) {
    const { code, message } = refusal;
    return sendJson(response, 401, { code, message, msg: message }, { "sb-error-code": code });
  }
  await options.functions.handle(call, response);
}

async function routeUpgrade(
  options: GatewayOptions,
  request: IncomingMessage,
  { socket, head }: { socket: Duplex; head: Buffer },
): Promise<void> {
  if (request.url?.startsWith("/realtime/v1/websocket")) return options.realtime.upgrade(request, socket, head);
  const call = await functionCall(options, request);
  if (call === undefined) {
    socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    return;
  }
  if (call.fn.verifyJwt && (await checkToken(request, options.credentials)) !== undefined) {
    socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
    return;
  }
  await options.functions.upgrade(call, socket, head);
}

/** Broadcasts over HTTP: the way of clients that have not joined the channel. */
async function publish(options: GatewayOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "OPTIONS") return sendJson(response, 200, {});
  if ((await checkToken(request, options.credentials)) !== undefined)
    return sendJson(response, 401, { message: "Unauthorized" });
  const messages = broadcastsOf(new URL(request.url ?? "/", "http://localhost"), await json(request));
  if (messages === undefined) return sendJson(response, 422, { message: "messages must be a list" });
  const allowed = await options.realtime.publish(messages, request.headers);
  if (!allowed) return sendJson(response, 403, { message: "Unauthorized" });
  response.writeHead(202, corsHeaders).end();
}

/** Both forms of a request: a list of messages, or the payload alone with topic and event in the path. */
function broadcastsOf({ pathname, searchParams }: URL, body: unknown): readonly Broadcast[] | undefined {
  const [, topic, event] = /\/broadcast\/([^/]+)\/events\/([^/]+)$/.exec(pathname)?.map(decodeURIComponent) ?? [];
  if (topic !== undefined && event !== undefined)
    return [{ topic, event, payload: body, private: searchParams.get("private") === "true" }];
  const messages = typeof body === "object" && body !== null && "messages" in body ? body.messages : undefined;
  return Array.isArray(messages) ? messages : undefined;
}

/** The function that a request means and the request as it will see it. */
async function functionCall(options: GatewayOptions, request: IncomingMessage): Promise<FunctionCall | undefined> {
  const slug = FUNCTION_PATH.exec(request.url ?? "")?.[1];
  const fn = slug === undefined ? undefined : options.functions.find(slug);
  if (fn === undefined) return undefined;
  const url = (request.url ?? "").slice(FUNCTIONS.length);
  const address = request.socket.remoteAddress ?? "";
  const forwarded = request.headers["x-forwarded-for"];
  const headers: OutgoingHttpHeaders = {
    ...request.headers,
    "x-forwarded-for": forwarded === undefined ? address : `${forwarded}, ${address}`,
    "x-forwarded-proto": "http",
    "x-forwarded-port": String(options.port),
    "x-forwarded-path": request.url,
    "x-forwarded-prefix": `${FUNCTIONS}/`,
    "sb-request-id": crypto.randomUUID(),
  };
  delete headers["sb-api-key"]; // only the platform sets it
  const token = bearer(request.headers.authorization);
  if (token !== undefined && !token.startsWith("sb_"))
    headers.authorization = `Bearer ${await options.credentials.tokens.toPublic(token).catch(() => token)}`;
  return { fn, request, url, headers };
}

/** REST, Auth and Storage: tokens become lite's inwards, and ours outwards. */
async function callLite(options: GatewayOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { tokens } = options.credentials;
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers.set(name, [value].flat().join(", "));
  const token = bearer(request.headers.authorization);
  if (token?.startsWith("sb_")) headers.delete("authorization");
  else if (token !== undefined) headers.set("authorization", `Bearer ${await tokens.toLite(token).catch(() => token)}`);
  const hasBody = request.method !== "GET" && request.method !== "HEAD";
  const answer = await options.lite.fetch(
    new Request(`http://127.0.0.1:${options.port}${request.url}`, {
      method: request.method ?? "GET",
      headers,
      ...(hasBody && { body: Readable.toWeb(request) as unknown as ReadableStream<Uint8Array>, duplex: "half" }),
    } as RequestInit),
    request.socket.remoteAddress ?? null,
  );
  const isSession = request.url?.startsWith("/auth/v1") && answer.headers.get("content-type")?.includes("json");
  if (isSession) return sendSession(answer, response, options);
  response.writeHead(answer.status, headersOf(answer));
  if (answer.body === null) response.end();
  else Readable.fromWeb(answer.body as NodeReadableStream).pipe(response);
}

async function sendSession(answer: Response, response: ServerResponse, options: GatewayOptions): Promise<void> {
  const body: { access_token?: string; session?: { access_token?: string } | null } | null = await answer.json();
  for (const holder of [body, body?.session])
    if (holder?.access_token) holder.access_token = await options.credentials.tokens.toPublic(holder.access_token);
  const headers = headersOf(answer);
  delete headers["content-length"];
  response.writeHead(answer.status, headers);
  response.end(JSON.stringify(body));
}

function headersOf(answer: Response): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = Object.fromEntries(answer.headers);
  const cookies = answer.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  return headers;
}
