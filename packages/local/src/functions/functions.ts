// The edge functions of a project: starts their processes when they are called first (or before, with `warm`), hands
// requests over to them, and starts them anew when their sources change.
import { type FSWatcher, watch } from "node:fs";
import http, { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import net from "node:net";
import path from "node:path";
import type { Duplex } from "node:stream";
import { sendJson } from "../http.ts";
import { sleep } from "../processes.ts";
import { type FunctionConfig, readFunctions, withoutReserved } from "./config.ts";
import { prefetch } from "./deno.ts";
import { type FunctionLimits, Isolate, platformLimits } from "./isolate.ts";

/** What the functions of a project run with. */
export interface FunctionsOptions {
  readonly root: string;
  readonly denoDir: string;
  /** The platform's variables, SUPABASE_URL and so on. */
  readonly platformEnv: Readonly<Record<string, string>>;
  /** The project's variables, as `supabase secrets set` would set them; names that start with SUPABASE_ are dropped. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly limits?: Partial<FunctionLimits>;
  /** Called for each line that a function writes, and for what happens to its process. */
  readonly onLine: (slug: string, line: string, isError: boolean) => void;
}

/** A request that the gateway has let through; its URL begins with the function's name. */
export interface FunctionCall {
  readonly fn: FunctionConfig;
  readonly request: IncomingMessage;
  /** Path and query as the function sees them: /<name>/... */
  readonly url: string;
  readonly headers: OutgoingHttpHeaders;
}

const CLOSE_MS = 4000;
/** A connection breaks a little earlier than the news arrives why the process ended. */
const EXIT_NEWS_MS = 50;

/** The edge functions of one project. */
export class EdgeFunctions {
  readonly #options: FunctionsOptions;
  readonly #limits: FunctionLimits;
  readonly #isolates = new Map<string, Isolate>();
  readonly #retiring = new Set<Isolate>();
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  #watchers: FSWatcher[] = [];
  #functions: Map<string, FunctionConfig>;
  #closed = false;

  constructor(options: FunctionsOptions) {
    this.#options = options;
    this.#limits = { ...platformLimits, ...options.limits };
    this.#functions = readFunctions(options.root);
  }

  /** The function of this name, if there is one and it is enabled. */
  find(slug: string): FunctionConfig | undefined {
    const fn = this.#functions.get(slug);
    return fn?.enabled === true ? fn : undefined;
  }

  /** Names of the enabled functions. */
  get names(): string[] {
    return [...this.#functions.values()].filter((fn) => fn.enabled).map((fn) => fn.slug);
  }

  /** Downloads what the functions import. Returns Deno's words when that failed; the functions may work all the same. */
  prefetch(): Promise<string> {
    return prefetch(this.#functions.values(), this.#options);
  }

  /** Starts every function's process and waits until it listens or has failed; returns the failures by name. */
  async warm(): Promise<Map<string, string>> {
    const failures = new Map<string, string>();
    const starts = this.names.map(async (slug) => {
      const fn = this.find(slug);
      if (fn === undefined) return;
      await this.#isolate(fn).port.catch((error: Error) => failures.set(slug, error.message));
    });
    await Promise.all(starts);
    return failures;
  }

  /** Ends a function's process without warning, as a crash would; the next call starts another one. */
  async kill(slug: string): Promise<void> {
    await this.#isolates.get(slug)?.close(0, "SIGKILL");
  }

  /** Reads config.toml anew and replaces the running processes; requests that are being answered finish on the old ones. */
  async reload(): Promise<void> {
    const running = [...this.#isolates.keys()];
    this.#functions = readFunctions(this.#options.root);
    const problems = await this.prefetch();
    if (problems !== "") this.#options.onLine("deno", problems, true);
    for (const isolate of [...this.#isolates.values()]) isolate.retire();
    for (const fn of running.map((slug) => this.find(slug))) if (fn !== undefined && !this.#closed) this.#isolate(fn);
  }

  /**
   * Reloads whenever a file below the folders changes.
   * @param folders - absolute paths; those that do not exist are left out by the caller
   */
  watch(folders: readonly string[]): void {
    let timer: NodeJS.Timeout | undefined;
    const changed = (name: string | null) => {
      if (name !== null && /(^|[\\/])(node_modules|\.git|\.temp)([\\/]|$)/.test(name)) return;
      clearTimeout(timer);
      timer = setTimeout(() => void this.reload(), 80); // an editor writes a file in several steps
    };
    this.#watchers = folders.map((folder) => watch(folder, { recursive: true }, (_event, name) => changed(name)));
  }

  /** Hands a request over to its function and the answer back. */
  async handle(call: FunctionCall, response: ServerResponse): Promise<void> {
    const isolate = this.#isolate(call.fn);
    const leave = isolate.enter();
    response.once("close", leave);
    let port: number;
    try {
      port = await isolate.port;
    } catch {
      leave();
      sendJson(response, 503, { code: "BOOT_ERROR", message: "Worker failed to boot (please check logs)" });
      return;
    }
    this.#proxy(call, response, { port, isolate });
  }

  /** Hands a connection that becomes a WebSocket over to its function. */
  async upgrade(call: FunctionCall, socket: Duplex, head: Buffer): Promise<void> {
    const isolate = this.#isolate(call.fn);
    socket.once("close", isolate.enter());
    socket.on("error", () => socket.destroy());
    try {
      const upstream = net.connect(await isolate.port, "127.0.0.1");
      upstream.on("error", () => socket.destroy());
      socket.on("close", () => upstream.destroy());
      const lines = Object.entries(call.headers).flatMap(([name, value]) =>
        [value ?? []].flat().map((each) => `${name}: ${each}\r\n`),
      );
      upstream.write(`${call.request.method} ${call.url} HTTP/1.1\r\n${lines.join("")}\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    } catch {
      socket.end("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
    }
  }

  /** Ends every process: gracefully, after a few seconds by force. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const watcher of this.#watchers) watcher.close();
    this.#agent.destroy();
    await Promise.all([...this.#isolates.values(), ...this.#retiring].map((isolate) => isolate.close(CLOSE_MS)));
  }

  #isolate(fn: FunctionConfig): Isolate {
    const running = this.#isolates.get(fn.slug);
    if (running !== undefined) return running;
    const { root, denoDir, onLine } = this.#options;
    const isolate: Isolate = new Isolate(fn, {
      root,
      denoDir,
      limits: this.#limits,
      env: this.#environment(fn),
      onLine: (line, isError) => onLine(fn.slug, line, isError),
      onRetired: () => {
        if (this.#isolates.get(fn.slug) === isolate) this.#isolates.delete(fn.slug);
        this.#retiring.add(isolate);
      },
      onExit: () => this.#retiring.delete(isolate),
    });
    this.#isolates.set(fn.slug, isolate);
    return isolate;
  }

  /** What the platform gives a function: nothing of this machine's environment, the project's variables, its own last. */
  #environment(fn: FunctionConfig): Record<string, string> {
    return {
      ...withoutReserved(this.#options.secrets),
      ...fn.env,
      ...this.#options.platformEnv,
      SUPABASE_FUNCTION_SLUG: fn.slug,
      SB_REGION: "local",
      SB_EXECUTION_ID: crypto.randomUUID(),
    };
  }

  #proxy(call: FunctionCall, response: ServerResponse, target: { port: number; isolate: Isolate }): void {
    const { request, url, headers } = call;
    const options = { host: "127.0.0.1", port: target.port, method: request.method, path: url, headers };
    const upstream = http.request({ ...options, setHost: false, agent: this.#agent });
    upstream.setTimeout(this.#limits.idleMs, () => {
      if (response.headersSent) return; // a stream may be silent for longer
      sendJson(response, 504, { code: "IDLE_TIMEOUT", message: "The function did not respond in time" });
      upstream.destroy();
    });
    upstream.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    upstream.on("error", async (error) => {
      if (response.writableEnded || response.destroyed) return;
      this.#options.onLine(call.fn.slug, `The request was lost: ${error.message}`, true);
      await sleep(EXIT_NEWS_MS);
      if (target.isolate.limitReached) sendJson(response, 546, workerLimit);
      else sendJson(response, 500, workerError);
    });
    response.once("close", () => {
      if (!response.writableFinished) upstream.destroy(); // the caller has gone: the function's request.signal aborts
    });
    request.pipe(upstream);
  }
}

const workerError = { code: "WORKER_ERROR", message: "Function exited due to an error (please check logs)" };
const workerLimit = {
  code: "WORKER_LIMIT",
  message: "Function failed due to not having enough compute resources (please check logs)",
};

/** Folders whose changes concern the functions of a project. */
export function watchedFolders(root: string): string[] {
  return ["supabase/functions", "packages/commons/src"].map((folder) => path.join(root, folder));
}
