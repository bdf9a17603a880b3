// The runner as a process of its own, which tests kill, freeze and stop.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";
import { MASTER_KEYS } from "./house.ts";
import { freePort, type Simulator } from "./simulator.ts";

const main = path.resolve(import.meta.dirname, "../../../src/main.ts");

/** A runner process. */
export class RunnerProcess {
  readonly worker: string;
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #output: () => string;

  constructor(started: { worker: string; child: ChildProcess; port: number; output: () => string }) {
    this.worker = started.worker;
    this.#child = started.child;
    this.#port = started.port;
    this.#output = started.output;
  }

  /** Everything that it wrote. */
  get output(): string {
    return this.#output();
  }

  /** The accounts of its sessions by state, as its health page tells them. */
  async sessions(): Promise<readonly { readonly account: string; readonly state: string }[]> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/status`);
    const { fleet } = (await response.json()) as { fleet: { sessions: { account: string; state: string }[] } };
    return fleet.sessions;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end; its exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const exit = once(this.#child, "close");
    this.#child.kill(signal);
    const [code] = await exit;
    return code;
  }
}

/** Starts a runner on a database of the test's own and waits until it works; killed with the test. */
export async function startRunnerProcess(
  databaseUrl: string,
  simulator: Simulator,
  env: Record<string, string> = {},
): Promise<RunnerProcess> {
  const port = await freePort();
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [main], {
    env: {
      ...{
        PATH,
        RUNNER_PORT: String(port),
        MASTER_KEYS,
        SUPABASE_DB_URL: databaseUrl,
        WHATSAPP_WEB_URL: simulator.socketUrl,
        // A project of which nothing is asked here.
        SUPABASE_URL: "http://127.0.0.1:1",
        SUPABASE_SECRET_KEYS: JSON.stringify({ default: "sb_secret_none" }),
      },
      // A project that nothing of this needs.
      ...{ SUPABASE_URL: "http://127.0.0.1:1", SUPABASE_SECRET_KEYS: JSON.stringify({ default: "sb_secret_none" }) },
      ...{ SESSION_LEASE_SECONDS: "3", ...env },
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  const worker = await eventually(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    const health = response?.status === 200 ? await response.json() : undefined;
    return health?.listening === true ? String(health.worker) : undefined;
  }, "the runner's health page").catch((error: Error) => {
    throw new Error(`${error.message}; it wrote: ${output}`);
  });
  return new RunnerProcess({ worker, child, port, output: () => output });
}
