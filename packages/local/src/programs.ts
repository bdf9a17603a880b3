// The Node programs beside the platform (simulator, agents, runner ...): child processes that are asked for their health
// at the start, and started again when they die.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { readLines } from "./lines.ts";
import { endChild, requireFreePort, sleep } from "./processes.ts";

/** What a program is started with. */
export interface ProgramOptions {
  /** Name in logs and among the handles, such as `runner` or `agent-4040`. */
  readonly name: string;
  /** Its main.ts, absolute. */
  readonly main: string;
  readonly root: string;
  /** The port on which it answers GET /health, and the setting that moves it. */
  readonly port: number;
  readonly portSetting: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether it is started again when it ends without having been asked to. */
  readonly restart: boolean;
  /** Called for each line that it writes. */
  readonly onLine: (name: string, line: string, isError: boolean) => void;
  /** Called with one sentence when it died or came back. */
  readonly onEvent: (name: string, message: string) => void;
}

const START_MS = 30_000;
const STOP_MS = 6000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;
/** A program that has run for so long starts again at once. */
const STEADY_MS = 30_000;
/** Signals after which a process goes on. */
const PASSING: readonly string[] = ["SIGSTOP", "SIGCONT", "SIGTSTP", "SIGWINCH", "SIGCHLD"];

/** One program of the platform, which tests may kill and start as they like. */
export class Program {
  readonly name: string;
  /** Address of its port on 127.0.0.1. */
  readonly url: string;
  /** Whether it is started again when it ends without having been asked to; may be switched at any time. */
  restart: boolean;
  readonly #options: ProgramOptions;
  #child: ChildProcess | undefined;
  #stopping = false;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: ProgramOptions) {
    this.name = options.name;
    this.url = `http://127.0.0.1:${options.port}`;
    this.restart = options.restart;
    this.#options = options;
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.running ? this.#child?.pid : undefined;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /**
   * Starts the program unless it runs. Resolves when GET /health answers 200.
   * @throws PortTakenError, or Error with its last words when it ends before that
   */
  async start(): Promise<void> {
    if (this.running) return;
    clearTimeout(this.#retry);
    this.#stopping = false;
    await requireFreePort({ port: this.#options.port, setting: this.#options.portSetting, what: this.name });
    const lastWords: string[] = [];
    const child = this.#spawn(lastWords);
    await this.#untilHealthy(child, lastWords);
    child.once("exit", (code, signal) => this.#died(child, code ?? signal ?? "?"));
    if (!this.running) this.#died(child, child.exitCode ?? child.signalCode ?? "?");
  }

  /**
   * Sends a signal. Resolves when the process has ended; at once for signals that do not end one, such as SIGSTOP.
   * With `restart` on the program then comes back by itself.
   * @param signal - SIGKILL by default: a crash without any warning
   */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    const exited = once(child, "exit");
    child.kill(signal);
    if (!PASSING.includes(signal)) await exited;
  }

  /** Asks the program to stop (SIGTERM), ends it by force after six seconds, and does not start it again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#retry);
    if (this.#child !== undefined) {
      this.#child.kill("SIGCONT"); // a stopped process does not see SIGTERM
      await endChild(this.#child, "SIGTERM", STOP_MS);
    }
  }

  #spawn(lastWords: string[]): ChildProcess {
    const { main, root, env, onLine, name } = this.#options;
    const guard = pathToFileURL(path.join(import.meta.dirname, "child-guard.ts")).href;
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--import", guard, main], {
      cwd: root,
      env,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: true, // a Ctrl-C reaches us only: we stop the programs in their order
    });
    const take = (line: string, isError: boolean) => {
      lastWords.push(line);
      if (lastWords.length > 20) lastWords.shift();
      onLine(name, line, isError);
    };
    readLines(child.stdout, (line) => take(line, false));
    readLines(child.stderr, (line) => take(line, true));
    child.on("error", (error) => take(error.message, true));
    this.#child = child;
    return child;
  }

  async #untilHealthy(child: ChildProcess, lastWords: readonly string[]): Promise<void> {
    const end = Date.now() + START_MS;
    while (Date.now() < end) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
        await sleep(20); // its last lines are still on their way
        throw new Error(`${this.name} did not start. Its last words:\n${lastWords.join("\n")}`);
      }
      const healthy = await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(2000) }).then(
        async (answer) => {
          await answer.body?.cancel();
          return answer.ok;
        },
        () => false,
      );
      if (healthy) return;
      await sleep(25);
    }
    await endChild(child, "SIGTERM", STOP_MS);
    throw new Error(`${this.name} did not answer ${this.url}/health with 200 within ${START_MS / 1000} s.`);
  }

  #died(child: ChildProcess, how: number | string): void {
    if (this.#stopping || child !== this.#child) return;
    if (!this.restart) {
      this.#options.onEvent(this.name, `ended (${how})`);
      return;
    }
    this.#options.onEvent(this.name, `ended unexpectedly (${how}); starting it again in ${this.#retryMs} ms`);
    this.#retry = setTimeout(() => void this.#startAgain(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  async #startAgain(): Promise<void> {
    try {
      await this.start();
      this.#options.onEvent(this.name, "is back");
      setTimeout(() => {
        this.#retryMs = FIRST_RETRY_MS;
      }, STEADY_MS).unref();
    } catch (error) {
      if (this.#child !== undefined && !this.#stopping) this.#died(this.#child, String(error));
    }
  }
}
