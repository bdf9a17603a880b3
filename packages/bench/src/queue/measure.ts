// Asks a process of its own for a measurement.
import { fork } from "node:child_process";
import path from "node:path";
import { inheritedEnv } from "@switchboard/local/config.ts";
import type { Ground } from "./contender.ts";
import type { AnswerTo, Order, Reply, Task } from "./task.ts";

/** Measures; rejects when it failed or took too long. */
export type Measure = <T extends Task>(task: T) => Promise<AnswerTo<T>>;

/** Longest that one measurement may take with all its preparations. */
const LIMIT_MS = 900_000;

/**
 * Measures in processes of their own, one at a time.
 * @param ground - the server
 * @param signal - ends the process in work
 */
export function createMeasure(ground: Ground, signal: AbortSignal): Measure {
  return async <T extends Task>(task: T): Promise<AnswerTo<T>> => {
    signal.throwIfAborted();
    const reply = await ask({ ground, task }, signal);
    if ("failure" in reply) throw new Error(`${task.contender}, ${task.op}: ${reply.failure}`);
    // SAFETY: a process answers what it was asked.
    return reply.answer as AnswerTo<T>;
  };
}

function ask(order: Order, signal: AbortSignal): Promise<Reply> {
  return new Promise((resolve) => {
    const child = fork(path.join(import.meta.dirname, "child.ts"), {
      // graphile-worker writes a line for each job otherwise, even where nobody reads them.
      env: { ...inheritedEnv(), NO_LOG_SUCCESS: "1" },
      serialization: "advanced", // JSON has no NaN
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const kill = () => child.kill("SIGKILL");
    const timer = setTimeout(kill, LIMIT_MS);
    signal.addEventListener("abort", kill);
    const settle = (reply: Reply) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", kill);
      resolve(reply);
    };
    // SAFETY: child.ts sends replies only.
    child.once("message", (message) => settle(message as Reply));
    child.once("error", (error) => settle({ failure: error.message }));
    child.once("exit", (code, how) => settle({ failure: `the process ended (${how ?? code}) without an answer` }));
    child.send(order);
  });
}
