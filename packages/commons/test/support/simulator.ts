// The simulator's program, started as `npm start` starts it: it is WhatsApp for a whole file. Its webhooks come to a door
// that does what the real one does: the signature over the bytes, the parser, the ingest.
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { DatabasePool } from "../../src/db/database.ts";
import type { InboundEvent } from "../../src/events.ts";
import type { Json } from "../../src/json.ts";
import { verifySignature } from "../../src/providers/cloud-api/signature.ts";
import { getProvider } from "../../src/providers/index.ts";
import { ingest } from "../../src/work/ingest.ts";
import { eventually } from "./eventually.ts";
import { type Answer, startTestServer, type TestServer } from "./http-server.ts";
import type { World } from "./world.ts";

const ROOT = path.resolve(import.meta.dirname, "../../../..");
const SECRET = "app secret";

/** Starts one of our programs with these settings beside the environment's. */
export function startProgram(file: string, env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, [file], { cwd: ROOT, env: { ...process.env, ...env }, stdio: "ignore" });
}

/** Waits until a program has ended. */
export async function exitOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => child.once("exit", () => resolve()));
}

/** A simulator that runs. */
export interface Simulator {
  readonly port: number;
  /** The settings of the provider that speaks to it. */
  readonly graph: { readonly GRAPH_API_URL: string; readonly GRAPH_API_VERSION: string };
  /** Every event whose webhook was signed and is ingested, in order. */
  readonly events: readonly InboundEvent[];
  /** Calls a route of the simulator's README. @throws Error when it is refused */
  call<T = Json>(method: "GET" | "POST" | "DELETE", route: string, body?: object): Promise<T>;
  /** Keeps webhooks waiting at the door while something is done. */
  holdWhile(done: () => Promise<void>): Promise<void>;
  /** A customer with a number of ours of their own, who has written; returns the phone. */
  introduce(world: World): Promise<string>;
  /** A customer writes to the world's number; resolves when that is ingested. */
  writes(world: World, phone: string): Promise<void>;
}

/** Starts the simulator before the tests of a file and ends it behind them. */
export function useSimulator(db: DatabasePool): Simulator {
  // Below the ports that outgoing connections get, and another one in each of vitest's processes.
  const port = 21_000 + (process.pid % 8_000);
  const graph = { GRAPH_API_URL: `http://127.0.0.1:${port}`, GRAPH_API_VERSION: "v26.0" };
  const events: InboundEvent[] = [];
  let held: Promise<void> | undefined;
  let customers = 0;
  let door: TestServer;
  let program: ChildProcess;

  const take: Answer = async (response, { bytes, headers, body }) => {
    await held;
    if (!(await verifySignature(bytes, String(headers["x-hub-signature-256"]), [SECRET])))
      return void response.writeHead(401).end();
    const parsed = getProvider("cloud_api", graph).parse(body, { receivedAt: new Date() });
    await ingest(db, "cloud_api", parsed, "corr-simulator").then(
      () => response.end("{}"),
      () => response.writeHead(500).end(),
    );
    if (response.statusCode === 200) events.push(...parsed);
  };
  const call: Simulator["call"] = async (method, route, body) => {
    const response = await fetch(`${graph.GRAPH_API_URL}${route}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
    return await response.json();
  };
  const writes: Simulator["writes"] = async (world, phone) => {
    const { id } = await call<{ id: string }>("POST", `/phones/${phone}/messages`, {
      type: "text",
      text: "hi",
      to: world.externalId,
    });
    await eventually(
      () => events.some((event) => event.kind === "message" && event.message.id === id),
      "the customer's message",
    );
  };

  beforeAll(async () => {
    door = await startTestServer(take);
    program = startProgram("packages/simulator/src/main.ts", {
      SIMULATOR_PORT: String(port),
      SIMULATOR_WEBHOOK_URL: door.url,
      WHATSAPP_APP_SECRETS: SECRET,
      WHATSAPP_VERIFY_TOKEN: "verify",
      SIMULATOR_ACCESS_TOKEN: "token",
      SUPABASE_URL: "",
      LOG_LEVEL: "warn",
    });
    const healthy = () =>
      call("GET", "/health").then(
        () => true,
        () => false,
      );
    await eventually(healthy, "the simulator to listen");
  });
  afterAll(async () => {
    program?.kill("SIGKILL");
    if (program !== undefined) await exitOf(program);
    await door?.close();
  });

  return {
    ...{ port, graph, events, call, writes },
    holdWhile: async (done) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      await done().finally(resolve);
    },
    introduce: async (world) => {
      customers += 1;
      const phone = `1555${String(process.pid % 1000).padStart(3, "0")}${String(customers).padStart(4, "0")}`;
      const number = { phone_number_id: world.externalId, display_phone_number: `+1555990${customers}` };
      await call("POST", "/numbers", number);
      await writes(world, phone);
      return phone;
    },
  };
}
