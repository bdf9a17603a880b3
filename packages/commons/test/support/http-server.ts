// A real HTTP server on a free port that answers as a test wants it: it plays the agent, and WhatsApp.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "../../src/json.ts";

/** A request as it arrived. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  readonly body: any;
  /** Whether the other side went away before it was answered. */
  readonly gone: () => boolean;
}

/** How a request is answered. */
export type Answer = (response: ServerResponse, request: Arrived) => void;

/** The server and what arrived. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly arrived: Arrived[];
  answer: Answer;
  close(): Promise<void>;
}

/**
 * Starts a server; GET /health is answered 200 and not noted.
 * @param port - 0: a free one
 */
export async function startTestServer(answer: Answer, port = 0): Promise<TestServer> {
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      if (path === "/health") return void response.end("{}");
      const bytes = Buffer.concat(chunks);
      const text = bytes.toString("utf8");
      const body = text === "" ? undefined : JSON.parse(text);
      const gone = () => response.destroyed && !response.writableFinished;
      const arrived = { method, path, headers, bytes, body, gone };
      server.arrived.push(arrived);
      server.answer(response, arrived);
    });
  });
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  // SAFETY: a server that listens on TCP has an address with a port.
  const listening = (http.address() as AddressInfo).port;
  const server: TestServer = {
    url: `http://127.0.0.1:${listening}`,
    port: listening,
    arrived: [],
    answer,
    close: () => {
      http.closeAllConnections();
      return new Promise((resolve) => http.close(() => resolve()));
    },
  };
  return server;
}

/** Answers with JSON. */
export function json(status: number, body: Json, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

/** Never answers. */
export const hang: Answer = () => undefined;

/** An agent that says one thing. */
export const says = (text: string): Answer => json(200, { replies: [{ type: "text", text }] });

let sent = 0;
/** A WhatsApp that takes everything: sends get a new id, read marks get success. */
export const takes: Answer = (response, request) => {
  if (request.body?.status === "read") return json(200, { success: true })(response, request);
  sent += 1;
  return json(200, { messages: [{ id: `wamid.test.${process.pid}.${sent}` }] })(response, request);
};

/** A WhatsApp that refuses every send with an error code of Meta's. */
export function refuses(code: number, status = 400): Answer {
  return (response, request) => {
    if (request.body?.status === "read") return json(200, { success: true })(response, request);
    return json(status, { error: { code, message: `(#${code}) refused`, type: "OAuthException" } })(response, request);
  };
}
