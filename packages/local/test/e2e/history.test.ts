// A minute of the queue's history checker: load, chaos, a witness, and a checker that finds nothing. The longer runs, and
// those that take a guard out of the engine and must fail, are packages/bench's: `npm run history -- --help`.
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { afterAll, expect, test } from "vitest";

const MAIN = path.resolve(import.meta.dirname, "../../../bench/src/history/main.ts");
const FLAGS = { seconds: 40, messages: 10_000, conversations: 200, tenants: 20, workers: 4, port: 28_940 };

let child: ChildProcess | undefined;
afterAll(() => child?.kill()); // it stops its Postgres then

test("a queue under load and chaos keeps every property", async () => {
  const flags = Object.entries(FLAGS).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const seed = process.env.HISTORY_SEED ? ["--seed", process.env.HISTORY_SEED] : [];
  const { code, said } = await run([MAIN, ...flags, ...seed]);
  console.info(said); // the seed among it: HISTORY_SEED repeats the run
  expect(said).toContain("Every property held.");
  expect(code).toBe(0);
});

function run(args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  return new Promise((resolve, reject) => {
    const mine = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    child = mine;
    let said = "";
    for (const stream of [mine.stdout, mine.stderr])
      stream.on("data", (chunk) => {
        said += chunk;
      });
    mine.once("error", reject);
    mine.once("exit", (code) => resolve({ code, said }));
  });
}
