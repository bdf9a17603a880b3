// The worker processes of a run, as chaos sees them.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { WorkerSettings } from "./worker.ts";

const MAIN = path.resolve(import.meta.dirname, "worker.ts");
const KILL_AFTER_MS = 10_000;

/** One worker: a process that is started again after each end. Each life has a name and a file of notes of its own. */
export class WorkerSlot {
  readonly #number: number;
  readonly #settings: (name: string) => WorkerSettings;
  #child: ChildProcess | undefined;
  #lives = 0;
  #isExpected = false;
  /** Ends that nobody had asked for, with what the process said last. */
  readonly accidents: string[] = [];

  constructor(number: number, settings: (name: string) => WorkerSettings) {
    this.#number = number;
    this.#settings = settings;
  }

  start(): void {
    if (this.#child !== undefined) return;
    this.#lives += 1;
    const name = `worker-${this.#number}.${this.#lives}`;
    const child = spawn(process.execPath, [MAIN, JSON.stringify(this.#settings(name))], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let said = "";
    child.stderr?.on("data", (chunk) => {
      said = `${said}${chunk}`.slice(-2000);
    });
    child.once("exit", (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      if (this.#isExpected) return;
      this.accidents.push(`${name} ended by itself (${code ?? signal}): ${said.trim()}`);
      this.start();
    });
    this.#isExpected = false;
    this.#child = child;
  }

  /** Freezes it. Returns whether it ran. */
  freeze(): boolean {
    return this.#child?.kill("SIGSTOP") ?? false;
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Ends it without warning, also while it is frozen. Returns whether it ran. */
  async kill(): Promise<boolean> {
    return await this.#end("SIGKILL");
  }

  /** Lets it stop in order. Returns whether it ran. */
  async quit(): Promise<boolean> {
    this.thaw();
    return await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<boolean> {
    const child = this.#child;
    if (child === undefined || this.#isExpected) return false;
    this.#isExpected = true;
    const gone = once(child, "exit");
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    await gone;
    clearTimeout(timer);
    return true;
  }
}
