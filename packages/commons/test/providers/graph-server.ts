// A real HTTP server that plays the Graph API, answering each request as a test wants it.
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it arrived. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** The server and what arrived. */
export interface GraphServer {
  readonly url: string;
  readonly arrived: Arrived[];
  /** How the next requests are answered. */
  answer: (response: ServerResponse, request: Arrived) => void;
  close(): Promise<void>;
}

/** Starts a server on a free port. */
export async function startGraphServer(): Promise<GraphServer> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const { method = "", url = "", headers } = request;
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const arrived = { method, path: url, headers, body };
      graph.arrived.push(arrived);
      graph.answer(response, arrived);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // SAFETY: a server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo;
  const graph: GraphServer = {
    url: `http://127.0.0.1:${port}`,
    arrived: [],
    answer: (response) => response.end(),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return graph;
}

/** Answers with JSON. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}) {
  return (response: ServerResponse): void => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

/** Answers as Meta does with an error. */
export function graphError(status: number, code: number, more: object = {}, headers: Record<string, string> = {}) {
  const error = { message: "(#x) said Meta", type: "OAuthException", code, fbtrace_id: "A", ...more };
  return json(status, { error }, headers);
}
