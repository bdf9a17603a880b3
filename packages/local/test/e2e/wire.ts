// A wiretap between the simulator and the platform, in both directions: webhooks to the door, sends to the Graph API.
// It keeps what went over it, with times, and is therefore a witness of its own beside Postgres and the simulator.
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** One request and how it ended. Times in ms of one clock. */
export interface Exchange {
  readonly kind: "webhook" | "graph";
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly startedAt: number;
  endedAt: number;
  /** 0: no answer came. */
  status: number;
}

/** A wiretap that listens. */
export interface Wire {
  readonly url: string;
  /** What was passed on, in order of coming. */
  readonly exchanges: readonly Exchange[];
  /**
   * Acts once, on the next exchange that fits, before it is passed on; `drop`: it is not, and its sender hears nothing.
   * Returns how to call it off.
   */
  intercept(fits: (exchange: Exchange) => boolean, act: (exchange: Exchange) => Promise<"pass" | "drop">): () => void;
  close(): Promise<void>;
}

type Interceptor = {
  readonly fits: (exchange: Exchange) => boolean;
  readonly act: (exchange: Exchange) => Promise<"pass" | "drop">;
};

const FUNCTIONS = "/functions/v1/";

/**
 * Starts a wiretap.
 * @param port - its own
 * @param ports - of the gateway, which gets the paths of functions, and of the simulator, which gets the rest
 */
export async function startWire(
  port: number,
  ports: { readonly gateway: number; readonly simulator: number },
): Promise<Wire> {
  const exchanges: Exchange[] = [];
  const interceptors: Interceptor[] = [];
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const startedAt = performance.now();
    const body = await buffer(request); // a request that breaks off is not passed on
    const kind = request.url?.startsWith(FUNCTIONS) ? "webhook" : "graph";
    const exchange: Exchange = {
      kind,
      headers: request.headers,
      body: body.toString("utf8"),
      startedAt,
      endedAt: Number.POSITIVE_INFINITY,
      status: 0,
    };
    const index = interceptors.findIndex(({ fits }) => fits(exchange));
    const [interceptor] = index >= 0 ? interceptors.splice(index, 1) : [];
    if ((await interceptor?.act(exchange)) === "drop") return void response.destroy();
    exchanges.push(exchange);
    const target = kind === "webhook" ? ports.gateway : ports.simulator;
    const answer = await forward(request, body, { agent, port: target });
    exchange.endedAt = performance.now();
    exchange.status = answer.status;
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    exchanges,
    intercept: (fits, act) => {
      const interceptor = { fits, act };
      interceptors.push(interceptor);
      return () => {
        const index = interceptors.indexOf(interceptor);
        if (index >= 0) interceptors.splice(index, 1);
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        agent.destroy();
      }),
  };
}

function forward(
  request: IncomingMessage,
  body: Buffer,
  target: { readonly agent: http.Agent; readonly port: number },
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const { method, url, headers } = request;
    const options = { ...target, host: "127.0.0.1", method, path: url, headers };
    const upstream = http.request(options, (answer) => {
      buffer(answer).then((read) => {
        const { "transfer-encoding": _chunked, connection: _connection, ...kept } = answer.headers;
        resolve({ status: answer.statusCode ?? 502, headers: kept, body: read });
      }, reject);
    });
    upstream.on("error", reject).end(body);
  });
}
