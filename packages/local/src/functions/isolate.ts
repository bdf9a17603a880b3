// One running copy of one edge function: a Deno process of its own, with the platform's limits on memory, CPU time and
// wall clock.
import { type ChildProcess, spawn } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { readLines } from "../lines.ts";
import { cpuMilliseconds, endChild } from "../processes.ts";
import { denoBinary } from "../tools.ts";
import type { FunctionConfig } from "./config.ts";
import { denoArguments, denoEnv } from "./deno.ts";

/** Limits of a function. The platform's own: https://supabase.com/docs/guides/functions/limits */
export interface FunctionLimits {
  /** Most memory of a process's heap, in MB. */
  readonly memoryMb: number;
  /** CPU time that one request may use on average, in milliseconds. The platform's limit is 2000 for each request. */
  readonly cpuMsPerRequest: number;
  /** Life of a process, in milliseconds; then it takes no more requests, and ends when the running ones are answered. */
  readonly wallClockMs: number;
  /** Longest wait for the head of a response, in milliseconds; then the caller gets 504. */
  readonly idleMs: number;
}

/** The platform's limits on a paid plan. */
export const platformLimits: FunctionLimits = {
  memoryMb: 256,
  cpuMsPerRequest: 2000,
  wallClockMs: 400_000,
  idleMs: 150_000,
};

/** What a process needs besides its function. */
export interface IsolateOptions {
  readonly root: string;
  readonly denoDir: string;
  readonly limits: FunctionLimits;
  /** The function's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Called for each line that the function writes. */
  readonly onLine: (line: string, isError: boolean) => void;
  /** Called once when the process takes no more requests, for whatever reason. */
  readonly onRetired: () => void;
  /** Called once when the process is gone. */
  readonly onExit: () => void;
}

/** Milliseconds that a retired process keeps for requests that are still being answered, after its CPU time is used up. */
const CPU_GRACE_MS = 1000;
const CPU_CHECK_MS = process.platform === "linux" ? 250 : 5000; // elsewhere it takes a run of `ps`

/** A Deno process that serves one function. */
export class Isolate {
  /** The port it listens on; rejects when the function does not boot. */
  readonly port: Promise<number>;
  readonly #child: ChildProcess;
  readonly #options: IsolateOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #retired = false;
  #active = 0;
  #served = 0;
  /** Set when a limit ended the process: open requests are then answered 546 and not 500. */
  limitReached = false;

  constructor(fn: FunctionConfig, options: IsolateOptions) {
    this.#options = options;
    this.#child = spawn(denoBinary, isolateArguments(fn, options), {
      cwd: options.root,
      env: { ...options.env, ...denoEnv(options.denoDir) },
      stdio: ["pipe", "pipe", "pipe"], // an open stdin tells the process that we are alive
      detached: true, // a Ctrl-C reaches us only
    });
    this.port = this.#listen();
    this.port.catch(() => {});
    this.#child.once("exit", (code, signal) => {
      if (isOutOfMemory(code, signal)) this.limitReached = true;
      this.#markRetired();
      options.onExit();
    });
    this.#timers.push(setTimeout(() => this.retire(), options.limits.wallClockMs));
    this.#timers.push(setInterval(() => this.#checkCpu(), CPU_CHECK_MS));
    for (const timer of this.#timers) timer.unref();
  }

  /** True when it takes no more requests. */
  get retired(): boolean {
    return this.#retired;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Counts a request in; the result counts it out. */
  enter(): () => void {
    this.#active += 1;
    this.#served += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#active -= 1;
      if (this.#retired && this.#active === 0) this.#child.kill("SIGTERM");
    };
  }

  /** Takes no more requests; ends when the running ones and the background work are done, at the latest after the wall clock. */
  retire(): void {
    if (this.#retired) return;
    this.#markRetired();
    // The host finishes what it has begun after SIGTERM, but a request that is only just arriving would be lost.
    if (this.#active === 0) this.#child.kill("SIGTERM");
    else setTimeout(() => this.#child.kill("SIGTERM"), 5000).unref();
    setTimeout(() => this.#child.kill("SIGKILL"), this.#options.limits.wallClockMs).unref();
  }

  /** Ends the process: by the signal, and after so many milliseconds by force. */
  async close(graceMs: number, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    this.#markRetired();
    await endChild(this.#child, signal, graceMs);
  }

  #markRetired(): void {
    if (this.#retired) return;
    this.#retired = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#options.onRetired();
  }

  #listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      const onLine = (line: string, isError: boolean) => {
        if (!line.startsWith("\u0001edge ")) return this.#options.onLine(line, isError);
        const report: { type: string; port?: number; message?: string } = JSON.parse(line.slice(6));
        if (report.type === "ready" && report.port !== undefined) resolve(report.port);
        else reject(new Error(report.message));
      };
      readLines(this.#child.stdout, (line) => onLine(line, false));
      readLines(this.#child.stderr, (line) => onLine(line, true));
      this.#child.once("error", reject);
      this.#child.once("exit", (code, signal) => reject(new Error(`ended before it listened (${code ?? signal})`)));
    });
  }

  /** The platform counts CPU time for each request; a process can only be measured as a whole, so the average decides. */
  #checkCpu(): void {
    const used = this.#child.pid === undefined ? undefined : cpuMilliseconds(this.#child.pid);
    const allowed = this.#options.limits.cpuMsPerRequest * Math.max(1, this.#served);
    if (used === undefined || used <= allowed || this.#retired) return;
    this.#options.onLine(`CPU time limit reached after ${used} ms`, true);
    this.limitReached = true;
    this.retire();
    setTimeout(() => this.#child.kill("SIGKILL"), CPU_GRACE_MS).unref();
  }
}

/** V8 ends the process with a trap or an abort when its heap is full. */
function isOutOfMemory(code: number | null, signal: NodeJS.Signals | null): boolean {
  return signal === "SIGTRAP" || signal === "SIGABRT" || signal === "SIGILL" || code === 133 || code === 134;
}

/** The permissions of the edge runtime: network, environment, reading the sources, writing to the temporary folder. */
function isolateArguments(fn: FunctionConfig, options: IsolateOptions): string[] {
  const temporary = os.tmpdir();
  return [
    "run",
    "--quiet",
    "--no-prompt",
    "--cached-only",
    ...denoArguments(fn.importMap),
    "--allow-net",
    "--allow-env",
    "--allow-import",
    "--allow-sys=hostname",
    `--allow-read=${options.root},${temporary}`,
    `--allow-write=${temporary}`,
    `--v8-flags=--max-old-space-size=${options.limits.memoryMb}`,
    path.resolve(import.meta.dirname, "../edge/host.ts"),
    pathToFileURL(fn.entrypoint).href,
  ];
}
