// What the tests share: a simulator on a free port, and the small door of a business that it talks to.
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { demoNumber } from "../src/config.ts";
import { startSimulator } from "../src/server.ts";

export const secret = "test-app-secret";
export const token = "test-access-token";
export const ana = "15550100042";

type Fields = Readonly<Record<string, unknown>>;
/** One request that the door got. */
export type Received = { readonly headers: IncomingHttpHeaders; readonly raw: Buffer; readonly json: Envelope };
/** A webhook as far as the tests look into it. */
export type Envelope = {
  readonly object: string;
  readonly entry: readonly {
    readonly id: string;
    readonly changes: readonly { readonly field: string; readonly value: Value }[];
  }[];
};
type Value = {
  readonly messaging_product: string;
  readonly metadata: Fields;
  readonly contacts?: readonly Fields[];
  readonly messages?: readonly Fields[];
  readonly statuses?: readonly Fields[];
};

/** A door that notes what it gets; `answer` decides with which status it answers. */
export class Door {
  readonly received: Received[] = [];
  answer: (count: number) => number | Promise<number> = () => 200;
  readonly #server: Server;
  #count = 0;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const raw = Buffer.concat(chunks);
      if (request.method === "GET") {
        const query = new URL(request.url ?? "", "http://door").searchParams;
        response.end(query.get("hub.verify_token") === "verify" ? query.get("hub.challenge") : "no");
        return;
      }
      this.#count += 1;
      response.statusCode = await this.answer(this.#count);
      if (response.statusCode === 200)
        this.received.push({ headers: request.headers, raw, json: JSON.parse(raw.toString()) });
      response.end("done");
    });
  }

  /** Opens the door; answers its address. */
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    // SAFETY: a listening TCP server has an AddressInfo.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/door`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** All changes' values that were received so far. */
  get values(): Value[] {
    return this.received.flatMap(({ json }) =>
      json.entry.flatMap((entry) => entry.changes.map((change) => change.value)),
    );
  }
  get messages(): Fields[] {
    return this.values.flatMap((value) => value.messages ?? []);
  }
  get statuses(): Fields[] {
    return this.values.flatMap((value) => value.statuses ?? []);
  }
}

/** A simulator with its door. */
export type Desk = {
  readonly door: Door;
  readonly url: string;
  /** Calls the test API. */
  readonly api: (method: string, path: string, body?: unknown) => Promise<{ status: number; json: never }>;
  /** Calls the Graph API with the right token. */
  readonly graph: (method: string, path: string, body?: unknown) => Promise<{ status: number; json: never }>;
  /** Sends a message of the business; by default to Ana. */
  readonly send: (body: Fields) => Promise<{ status: number; json: never }>;
  readonly close: () => Promise<void>;
};

/** Starts both, with quick statuses and retries. */
export async function openDesk(): Promise<Desk> {
  const door = new Door();
  const simulator = await startSimulator({
    port: 0,
    webhookUrl: await door.open(),
    appSecret: secret,
    verifyToken: "verify",
    accessToken: token,
    numbers: [demoNumber],
  });
  const call = async (method: string, path: string, options: { body?: unknown; headers?: Record<string, string> }) => {
    const response = await fetch(`${simulator.url}${path}`, {
      method,
      headers: { "content-type": "application/json", ...options.headers },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    // SAFETY: `never` lets each test read the answer in the form that it expects; a wrong one fails the test.
    return { status: response.status, json: (await response.json()) as never };
  };
  const api: Desk["api"] = (method, path, body) => call(method, path, { body });
  const graph: Desk["graph"] = (method, path, body) =>
    call(method, `/v26.0/${path}`, { body, headers: { authorization: `Bearer ${token}` } });
  const send: Desk["send"] = (body) =>
    graph("POST", "100000000000001/messages", { messaging_product: "whatsapp", to: ana, type: "text", ...body });
  await api("POST", "/chaos", quick);
  const close = async () => {
    await simulator.stop();
    await door.close();
  };
  return { door, url: simulator.url, api, graph, send, close };
}

/** Statuses and retries without waiting. */
export const quick = { statusDelayMs: { min: 1, max: 4 }, retry: { firstMs: 10, maxMs: 40 } };

/** Waits until something is true; the test's own time limit ends it. */
export async function until(check: () => boolean | Promise<boolean>, patienceMs = 4_000): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`Still not true after ${patienceMs} ms: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
