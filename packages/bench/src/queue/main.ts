// `npm run bench:queue`: our queue beside the peers, on one server of its own. See README.md; --help shows the flags.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { describeMachine } from "../machine.ts";
import { WORKSPACE } from "../project.ts";
import { chartOf } from "./chart.ts";
import { run } from "./connect.ts";
import { CONTENDERS } from "./contenders/index.ts";
import { createMeasure } from "./measure.ts";
import { measureBacklog } from "./parts/backlog.ts";
import { measureCommit, measureEnqueues } from "./parts/enqueue.ts";
import { measurePickUp } from "./parts/latency.ts";
import { measureOrdered } from "./parts/ordered.ts";
import { type Bench, familiesOf, type Part } from "./parts/part.ts";
import { measurePinnedHorizon } from "./parts/pinned.ts";
import { measureScheduled } from "./parts/scheduled.ts";
import { measureUnordered } from "./parts/unordered.ts";
import { reportOf, tablesOf } from "./report.ts";
import { joinTables, type Results, type Tables } from "./results.ts";
import { SETTINGS, type Server, startServer } from "./server.ts";

const PARTS: Readonly<Record<string, Part>> = {
  ordered: measureOrdered,
  unordered: measureUnordered,
  backlog: measureBacklog,
  scheduled: measureScheduled,
  pinned: measurePinnedHorizon,
  latency: measurePickUp,
  enqueue: measureEnqueues,
  commit: measureCommit,
};

const HELP = `npm run bench:queue [-- flags]

  --write               writes packages/bench/QUEUE.md, queue.json and queue.svg
  --only <parts>        of ${Object.keys(PARTS).join(",")}; default: all
  --contenders <parts>  only those whose name has one of these in it, such as switchboard,graphile;
                        a comma before a space is part of the name
  --rounds <n>          default 3
  --scale <n>           only so much of the work, to try it out; its figures say nothing; default 1
  --minutes <n>         stops after that; default 90
  --port <n>            of its Postgres; default 60110
  --dir <folder>        for its data, on the disk that is to be measured; default .switchboard/bench-queue`;

const here = path.resolve(import.meta.dirname, "../..");
const { values: flags } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
    only: { type: "string", default: Object.keys(PARTS).join(",") },
    contenders: { type: "string", default: "" },
    rounds: { type: "string", default: "3" },
    scale: { type: "string", default: "1" },
    minutes: { type: "string", default: "90" },
    port: { type: "string", default: "60110" },
    dir: { type: "string", default: path.join(WORKSPACE, ".switchboard/bench-queue") },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (flags.help) console.log(HELP);
else process.exit(await main());

async function main(): Promise<number> {
  const names = flags.only.split(",");
  const unknown = names.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) {
    console.error(`There is no part "${unknown}"; there are: ${Object.keys(PARTS).join(", ")}.`);
    return 2;
  }
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => abort.abort(new Error("Stopped.")));
  const tooLong = new Error(
    `The benchmark takes longer than ${flags.minutes} minutes; it stops. --only measures a part.`,
  );
  const limit = setTimeout(() => abort.abort(tooLong), Number(flags.minutes) * 60_000);
  let server: Server | undefined;
  try {
    const machine = await describeMachine();
    console.log(`Starting Postgres in ${flags.dir}`);
    server = await startServer(flags.dir, Number(flags.port));
    const results = await measure(server, { names, machine, signal: abort.signal });
    console.log(`\n${tablesOf(results)}`);
    if (flags.write) write(results);
    return results.failures.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(abort.signal.aborted ? String(abort.signal.reason.message) : error);
    return 1;
  } finally {
    clearTimeout(limit);
    await server?.stop();
  }
}

interface Plan {
  readonly names: readonly string[];
  readonly machine: Awaited<ReturnType<typeof describeMachine>>;
  readonly signal: AbortSignal;
}

async function measure(server: Server, { names, machine, signal }: Plan): Promise<Results> {
  const began = performance.now();
  const clock = () => new Date(performance.now() - began).toISOString().slice(11, 19);
  const failures: string[] = [];
  const wanted = flags.contenders.split(/,(?! )/);
  const bench: Bench = {
    measure: createMeasure(server.ground, signal),
    rounds: Number(flags.rounds),
    scale: Number(flags.scale),
    wants: ({ id }) => wanted.some((part) => id.includes(part)),
    asAdmin: (...statements) => run(server.ground.adminUrl, ...statements),
    onFailure: (words) => {
      signal.throwIfAborted(); // what was broken off has not failed
      failures.push(words);
      console.error(`${clock()}   FAILED ${words}`);
    },
    onProgress: (words) => console.log(`${clock()}   ${words}`),
  };
  for (const { id } of familiesOf(bench, CONTENDERS)) await bench.measure({ op: "install", contender: id });
  const tables: Partial<Tables>[] = [];
  for (const name of names) {
    console.log(`${clock()} ${name}`);
    const part = await PARTS[name]?.(bench);
    if (part !== undefined) tables.push(part);
  }
  const { deno: _, ...where } = machine;
  return {
    machine: { ...where, postgres: server.version },
    command: ["npm run bench:queue --", ...process.argv.slice(2)].join(" "),
    seconds: (performance.now() - began) / 1000,
    rounds: bench.rounds,
    scale: bench.scale,
    settings: SETTINGS,
    contenders: Object.fromEntries(CONTENDERS.filter(bench.wants).map(({ id, settings }) => [id, settings])),
    failures,
    ...joinTables(tables),
  };
}

function write(results: Results): void {
  writeFileSync(path.join(here, "queue.json"), `${JSON.stringify(results, rounded, 2)}\n`);
  writeFileSync(path.join(here, "QUEUE.md"), reportOf(results));
  const chart = chartOf(results);
  if (chart !== "") writeFileSync(path.join(here, "queue.svg"), chart);
  console.log("\nWritten: packages/bench/QUEUE.md, queue.json and queue.svg");
}

/** Six digits say all that a figure can. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
