// One run: a Postgres of its own, workers, producers, chaos, the end of the work, and the verdict.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createDatabase } from "@switchboard/commons/db/database.ts";
import { upsertTenant } from "@switchboard/commons/db/tenancy.ts";
import { type Stack, startStack } from "@switchboard/local/stack.ts";
import pg from "pg";
import { WORKSPACE } from "../project.ts";
import { type ChaosCounts, wreakHavoc } from "./chaos.ts";
import { checkHistory, type Verdict } from "./check.ts";
import { fateOf, MAX_TRIES, PER_LANE, reasonOf } from "./fate.ts";
import { type Break, breakGuard, layGround } from "./ground.ts";
import type { DeadLetter, EndState, History, LaneEvent, Note } from "./history.ts";
import { planChaos } from "./plan.ts";
import { type ProducerCounts, produce } from "./producers.ts";
import { NoteFile } from "./witness.ts";
import { WorkerSlot } from "./workers.ts";

/** How a run goes. */
export interface RunOptions {
  /** How long the load is to last, and the chaos with it; the rest of the work is finished after that. */
  readonly seconds: number;
  readonly messages: number;
  readonly conversations: number;
  readonly tenants: number;
  readonly workers: number;
  readonly seed: number;
  readonly leaseSeconds: number;
  /** First of the ports. */
  readonly port: number;
  /** The guard that is taken out of the engine; undefined: none. */
  readonly broken: Break | undefined;
  /** Breaks the run off. */
  readonly signal: AbortSignal;
  readonly onProgress: (words: string) => void;
}

/** What came of a run. */
export interface RunResult {
  readonly history: History;
  readonly verdict: Verdict;
  readonly produced: ProducerCounts;
  readonly chaos: ChaosCounts;
  /** Workers that ended without having been asked to. */
  readonly accidents: readonly string[];
  readonly seconds: number;
}

const PROGRESS_MS = 10_000;
const LOOK_MS = 500;
/** Work that does not become less for so long is taken for stuck: more than any backoff, lease and jump of the clock. */
const STUCK_MS = 45_000;
/** The same when no lane can be claimed ever again. */
const FORGOTTEN_MS = 3_000;
/** A broken engine gets this long: what works is done by then, the rest never will be. */
const BROKEN_MS = 20_000;

/** Runs, and checks what happened. Leaves nothing behind. */
export async function runHistory(options: RunOptions): Promise<RunResult> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "switchboard-history-"));
  let stack: Stack | undefined;
  try {
    stack = await startPostgres(folder, options);
    return await runOn(stack, folder, options);
  } finally {
    await stack?.stop();
    for (const leftover of [folder, stack?.postgres.folder])
      if (leftover !== undefined) rmSync(leftover, { recursive: true, force: true });
  }
}

function startPostgres(folder: string, { port, signal }: RunOptions): Promise<Stack> {
  return startStack({
    dataDir: path.join(folder, "data"),
    denoDir: path.join(WORKSPACE, ".switchboard/deno"),
    ports: { gateway: port, postgres: port + 1, simulator: port + 2, inbox: port + 3, runner: port + 4 },
    programs: false,
    fsync: false, // the server is killed, the machine is not
    warm: false,
    quiet: true,
    signal,
    postgresSettings: { shared_buffers: "256MB", max_wal_size: "2GB" },
  });
}

async function runOn(stack: Stack, folder: string, options: RunOptions): Promise<RunResult> {
  const admin = new pg.Pool({ connectionString: stack.urls.databaseAdmin, max: 2 });
  admin.on("error", () => {}); // a Postgres that is stopped on purpose
  const abort = new AbortController();
  const workers = makeWorkers(stack, folder, options);
  const notes = new NoteFile(path.join(folder, "producer.jsonl"), "producer");
  try {
    await layGround(admin);
    if (options.broken !== undefined) await breakGuard(admin, options.broken);
    const tenantIds = await makeTenants(stack, options.tenants);
    const began = performance.now();
    for (const worker of workers) worker.start();
    const watch = setInterval(() => void tellProgress(admin, options.onProgress), PROGRESS_MS);
    const signal = AbortSignal.any([abort.signal, options.signal]);
    const load = { ...options, url: stack.urls.database, tenantIds, notes, signal };
    const [produced, chaos] = await Promise.all([
      produce(load).finally(() => abort.abort()),
      wreakHavoc(planChaos(options), { stack, admin, workers }, signal),
    ]).finally(() => clearInterval(watch));
    await finishWork(admin, options.broken === undefined ? Number.POSITIVE_INFINITY : BROKEN_MS);
    await Promise.all(workers.map((worker) => worker.quit()));
    const seconds = (performance.now() - began) / 1000;
    options.onProgress("checking");
    const history = await readHistory(admin, folder, options);
    const accidents = workers.flatMap((worker) => worker.accidents);
    return { history, verdict: checkHistory(history), produced, chaos, accidents, seconds };
  } finally {
    abort.abort();
    await Promise.all(workers.map((worker) => worker.kill()));
    notes.close();
    await admin.end();
  }
}

function makeWorkers(stack: Stack, folder: string, { workers, seed, leaseSeconds }: RunOptions): WorkerSlot[] {
  return Array.from(
    { length: workers },
    (_, index) =>
      new WorkerSlot(index + 1, (name) => ({
        url: stack.urls.database,
        name,
        notes: path.join(folder, `${name}.jsonl`),
        seed,
        leaseSeconds,
      })),
  );
}

async function makeTenants(stack: Stack, count: number): Promise<string[]> {
  const db = createDatabase({
    url: stack.urls.database,
    role: "service_role",
    size: 1,
    applicationName: "history setup",
  });
  try {
    const ids: string[] = [];
    for (let tenant = 1; tenant <= count; tenant += 1)
      ids.push(await upsertTenant(db, 0, `history-${tenant}`, `History ${tenant}`));
    return ids;
  } finally {
    await db.end();
  }
}

const COUNTS = `
  select (select count(*) from app.message_queue)::int as waiting,
         (select count(*) from app.queue_ready)::int as lanes,
         (select count(*) from app.queue_dead_letter)::int as dead`;

async function tellProgress(admin: pg.Pool, tell: (words: string) => void): Promise<void> {
  const result = await admin.query(COUNTS).catch(() => undefined);
  const row = result?.rows[0];
  tell(
    row === undefined ? "Postgres is away" : `${row.waiting} messages wait in ${row.lanes} lanes, ${row.dead} are dead`,
  );
}

/** Waits until the queue is empty, or will never be. What is left then is for the checker to find. */
async function finishWork(admin: pg.Pool, patienceMs: number): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let since = Date.now();
  const end = Date.now() + patienceMs;
  while (Date.now() < end) {
    const { rows } = await admin.query<{ waiting: number; lanes: number }>(COUNTS);
    const { waiting = 0, lanes = 0 } = rows[0] ?? {};
    if (waiting === 0 && lanes === 0) return;
    if (waiting < least) {
      least = waiting;
      since = Date.now();
    }
    if (Date.now() - since > (lanes === 0 ? FORGOTTEN_MS : STUCK_MS)) return;
    await sleep(LOOK_MS);
  }
}

async function readHistory(admin: pg.Pool, folder: string, { seed, leaseSeconds }: RunOptions): Promise<History> {
  const { rows } = await admin.query(
    `select n::float8 as n, process, call::float8 as call, kind, lane, began_us::float8 as "beganUs", at_us::float8 as "atUs", detail
       from history.event order by n`,
  );
  // SAFETY: the witness writes these rows in the form of LaneEvent; numbers stay below 2^53.
  const events = rows.map(({ detail, ...base }) => ({ ...base, ...detail }) as LaneEvent);
  return {
    events,
    notes: readNotes(folder),
    end: await readEnd(admin),
    rules: {
      maxTries: MAX_TRIES,
      perLane: PER_LANE,
      expected: (id) => (fateOf(seed, id, leaseSeconds).failures === Number.POSITIVE_INFINITY ? "dead" : "completed"),
      reason: reasonOf,
    },
  };
}

/** The notes of all processes; a last line that a SIGKILL cut off is none. */
function readNotes(folder: string): Note[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  return files.flatMap((name) => {
    const lines = readFileSync(path.join(folder, name), "utf8").split("\n").slice(0, -1);
    // SAFETY: NoteFile writes nothing else.
    return lines.map((line) => JSON.parse(line) as Note);
  });
}

async function readEnd(admin: pg.Pool): Promise<EndState> {
  const waiting = await admin.query<EndState["waiting"][number]>(
    "select lane_id as lane, seq::float8 as seq from app.message_queue",
  );
  const dead = await admin.query<DeadLetter>(
    `select lane_id as lane, seq::float8 as seq, (payload ->> 'id')::float8 as id, tries::float8 as tries,
            error ->> 'message' as reason from app.queue_dead_letter`,
  );
  const tails = await admin.query<EndState["tails"][number]>(
    "select lane_id as lane, tail::float8 as tail from app.queue_lane",
  );
  return { waiting: waiting.rows, dead: dead.rows, tails: tails.rows };
}
