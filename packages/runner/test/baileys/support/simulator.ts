// The WhatsApp Web simulator as a process of its own, and what tests ask of it over HTTP.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { eventually } from "./eventually.ts";

const main = path.resolve(import.meta.dirname, "../../../../simulator-web/src/main.ts");

/** A socket, as the record has it. */
export interface SocketEntry {
  readonly socket: number;
  readonly phone?: string;
  readonly logged_in_at?: number;
  readonly ended_at?: number;
  readonly end?: string;
}

/** What the simulator has witnessed of a phone. */
export interface WitnessRecord {
  readonly sockets: readonly SocketEntry[];
  readonly overlaps: readonly { readonly older: number; readonly newer: number }[];
  readonly receipts: readonly { readonly type: string; readonly ids: readonly string[] }[];
  readonly problems: readonly string[];
}

/** A running simulator. */
export class Simulator {
  readonly url: string;
  readonly socketUrl: string;
  readonly #child: ChildProcess;

  constructor(port: number, child: ChildProcess) {
    this.url = `http://127.0.0.1:${port}`;
    this.socketUrl = `ws://127.0.0.1:${port}/ws/chat`;
    this.#child = child;
  }

  /** Calls the test API; a refusal fails the test. */
  async call<T = unknown>(method: string, where: string, body?: unknown): Promise<T> {
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(this.url + where, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${text}`);
    // SAFETY: each test reads the answer in the form that it expects; a wrong one fails it.
    return JSON.parse(text) as T;
  }

  async phone(pn: string, settings: object = {}): Promise<string> {
    await this.call("POST", "/phones", { pn, sends_history: false, ...settings });
    return pn;
  }

  record(phone: string): Promise<WitnessRecord> {
    return this.call("GET", `/record?phone=${phone}`);
  }

  /** The sockets of a phone's devices that are logged in now. */
  async live(phone: string): Promise<readonly SocketEntry[]> {
    const { sockets } = await this.record(phone);
    return sockets.filter((entry) => entry.logged_in_at !== undefined && entry.ended_at === undefined);
  }

  /** Ends the last device's socket as a test wants it. */
  async end(phone: string, how: string | number): Promise<void> {
    await this.call("POST", `/phones/${phone}/devices/last/end`, { how });
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    if (this.#child.exitCode === null) await once(this.#child, "close");
  }
}

/** Starts a simulator on a free port. */
export async function startSimulator(): Promise<Simulator> {
  const port = await freePort();
  const { PATH = "" } = process.env;
  const env = { PATH, WEB_SIMULATOR_PORT: String(port), LOG_LEVEL: "error" };
  const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "inherit", "inherit"] });
  const simulator = new Simulator(port, child);
  await eventually(() => simulator.call("GET", "/health").catch(() => undefined), "the simulator's health page");
  return simulator;
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
