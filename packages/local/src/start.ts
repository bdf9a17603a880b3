// `npm start`: the whole of Switchboard on this machine, until Ctrl-C.
//   --fresh    throws the data of an earlier start away
//   --no-watch does not reload the functions when their sources change
//   --no-seed  does not add the demo tenant
//   --root     another project folder; for tests
import { enableCompileCache } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";
import { createTerminal } from "./terminal.ts";

enableCompileCache(); // the next start reads the large modules in half the time, so they are imported after this line
const { readProjectSettings } = await import("./config.ts");
const { startStack } = await import("./stack.ts");

const terminal = createTerminal();

await main();

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      fresh: { type: "boolean" },
      "no-watch": { type: "boolean" },
      "no-seed": { type: "boolean" },
      root: { type: "string", default: path.resolve(import.meta.dirname, "../../..") },
      help: { type: "boolean", short: "h" },
    },
  });
  if (flags.help === true)
    return terminal.line("npm start [-- --fresh --no-watch --no-seed]; settings: see .env.example");
  const began = performance.now();
  const abort = stopOnSignals();
  terminal.line("Starting Switchboard");
  try {
    const stack = await startStack({
      root: flags.root,
      env: readProjectSettings(flags.root),
      fresh: flags.fresh ?? false,
      watch: flags["no-watch"] !== true,
      restart: true,
      seed: flags["no-seed"] !== true,
      signal: abort.signal,
      onStep: (step) => terminal.step(step),
      onLog: (entry) => terminal.log(entry),
    });
    // stop() is idempotent: it waits for the stop that the signal has begun.
    abort.signal.addEventListener("abort", () => void stack.stop().then(() => process.exit(0)));
    if (abort.signal.aborted) await stack.stop();
    else terminal.ready(stack, performance.now() - began);
  } catch (error) {
    if (abort.signal.aborted) process.exit(0);
    terminal.error(`\n${explain(error)}`);
    process.exit(1);
  }
}

/** Ctrl-C arrives twice, from the terminal and from npm; the first one counts. */
function stopOnSignals(): AbortController {
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (abort.signal.aborted) return;
      terminal.line("\nStopping ...");
      abort.abort();
    });
  // The terminal may be gone before we are; what cannot be shown is no reason to stop half-way.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  // A fault in one request must not take the other parts down without stopping them.
  for (const fault of ["uncaughtException", "unhandledRejection"] as const)
    process.on(fault, (error) => terminal.error(`Fault in the local platform: ${explain(error)}`));
  return abort;
}

/** Expected errors speak for themselves; the others need their stack. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isFault = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return isFault ? (error.stack ?? error.message) : error.message;
}
