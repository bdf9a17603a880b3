// Runs the steps of scripts/check.ts and scripts/test.ts: each is a program or a function, its output is shown when it
// fails, and the next ones run all the same.
import { spawn } from "node:child_process";
import path from "node:path";

/** The project's folder. */
export const root = path.resolve(import.meta.dirname, "..");
/** A program of node_modules/.bin. */
export const bin = (name: string) => path.join(root, "node_modules/.bin", name);
/** Deno itself: the one in .bin is a shell script around it. */
export const deno = path.join(root, "node_modules/deno/deno");

/** How a step ended. */
export interface StepResult {
  readonly ok: boolean;
  readonly output: string;
  /** Tests that it ran, when it ran tests. */
  readonly passed?: number;
  readonly failed?: number;
  readonly skipped?: number;
  /** What failed, by name. */
  readonly failures?: readonly string[];
}

/** A program to run. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Shows the output as it comes. */
  readonly live?: boolean;
}

/** Steps in a row, with a line for each. */
export class Steps {
  readonly results: StepResult[] = [];
  /** What failed, in order, for the end of the output: who reads that alone must know where to look. */
  readonly failures: string[] = [];

  /** Runs a step, prints how it ended, and its output when it failed. */
  async run(name: string, step: Program | (() => Promise<StepResult>)): Promise<StepResult> {
    const started = performance.now();
    const result = typeof step === "function" ? await step().catch(broken) : await runProgram(step);
    this.results.push(result);
    const counts =
      result.passed === undefined
        ? ""
        : `, ${result.passed} passed${result.skipped ? `, ${result.skipped} skipped` : ""}`;
    console.log(`${result.ok ? "✓" : "✗"} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s${counts})`);
    if (!result.ok) {
      console.log(result.output.trimEnd());
      this.failures.push(...(result.failures?.length ? result.failures : [""]).map((what) => `${name}: ${what}`));
    }
    return result;
  }

  /** Whether every step ended well. */
  get ok(): boolean {
    return this.results.every((result) => result.ok);
  }

  /** Sum of a count over all steps. */
  total(count: "passed" | "failed" | "skipped"): number {
    return this.results.reduce((sum, result) => sum + (result[count] ?? 0), 0);
  }
}

/** Runs a program to its end. */
export async function runProgram({ command, args, env, live }: Program): Promise<StepResult> {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (live) process.stdout.write(text);
    });
  const code = await new Promise<number | null>((resolve) => {
    child.on("error", (error) => {
      output += `${command}: ${error.message}\n`;
      resolve(1);
    });
    child.on("close", resolve);
  });
  return { ok: code === 0, output: live ? "" : output };
}

function broken(error: unknown): StepResult {
  return { ok: false, output: error instanceof Error ? (error.stack ?? error.message) : String(error), failed: 1 };
}
