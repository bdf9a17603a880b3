// Fills a contender's tables and drains them under a witness's eyes.
import type pg from "pg";
import { connect, disconnect, run, sleep } from "./connect.ts";
import type { Contender, Crew, Ground } from "./contender.ts";
import { costOf, readCounters } from "./counters.ts";
import { type Load, Witness, type Work } from "./load.ts";
import type { Drained, DrainTask } from "./task.ts";

/** Time for the disk to come to rest after a checkpoint. */
const REST_MS = 200;

/** Warms up, fills, drains. */
export async function measureDrain(ground: Ground, contender: Contender, task: DrainTask): Promise<Drained> {
  const { load, warm, behind } = task;
  const later = behind !== undefined && contender.behindLater?.includes(behind.kind) === true;
  const lies = behind !== undefined && !later; // put there before, and to stay
  if (!lies) await contender.clear(ground);
  if (warm > 0) {
    const warming = { ...load, jobs: warm };
    await contender.fill(ground, warming);
    await drainOnce(ground, contender, { ...task, load: warming });
    if (!lies) await contender.clear(ground);
  }
  await contender.fill(ground, load);
  if (later) await contender.fillBehind?.(ground, behind.kind, behind.rows, load);
  await settle(ground, contender, later ? "vacuum analyze" : "analyze");
  const drained = await drainOnce(ground, contender, task);
  return { ...drained, left: drained.capped ? load.jobs - drained.handled : await contender.left(ground, load) };
}

/** Fresh statistics, and nothing of what came before left to write. */
export async function settle(ground: Ground, contender: Contender, how: "analyze" | "vacuum analyze"): Promise<void> {
  const tables = await contender.tables(ground);
  await run(ground.url, ...tables.map((table) => `${how} ${table}`));
  await run(ground.adminUrl, "checkpoint");
  await sleep(REST_MS);
}

/** Drains what is there. */
export async function drainOnce(
  ground: Ground,
  contender: Contender,
  { load, handlerMs, capMs }: { readonly load: Load; readonly handlerMs: number; readonly capMs: number },
): Promise<Omit<Drained, "left">> {
  const witness = new Witness(load);
  const watch = watchCrew(witness, handlerMs, capMs);
  const [admin] = await connect(ground.adminUrl);
  if (admin === undefined) throw new Error("unreachable: one connection was asked for");
  try {
    return await measured(ground, admin, { contender, load, witness, watch });
  } finally {
    watch.cancel();
    await disconnect([admin]);
  }
}

interface Watch {
  readonly crew: Crew;
  /** When the first handler began; undefined: none has. */
  readonly began: () => number | undefined;
  readonly capped: () => boolean;
  readonly cancel: () => void;
}

async function measured(
  ground: Ground,
  admin: pg.Client,
  { contender, load, witness, watch }: { contender: Contender; load: Load; witness: Witness; watch: Watch },
): Promise<Omit<Drained, "left">> {
  const before = await readCounters(admin, ground.folder);
  const client = process.cpuUsage();
  const asked = performance.now();
  const close = await contender.drain(ground, watch.crew, load);
  const seconds = (performance.now() - (watch.began() ?? asked)) / 1000;
  const { user, system } = process.cpuUsage(client);
  const after = await readCounters(admin, ground.folder);
  await close();
  const { seen } = witness;
  const pieces = seen.handled + seen.behind + seen.twice;
  return {
    ...seen,
    ...costOf(before, after, pieces),
    rate: pieces / seconds,
    seconds,
    capped: watch.capped(),
    clientCpuUs: (user + system) / pieces,
  };
}

/** The handler, and when it is enough. */
function watchCrew(witness: Witness, handlerMs: number, capMs: number): Watch {
  let began: number | undefined;
  let capped = false;
  let finish = () => {};
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const timer = setTimeout(() => {
    capped = !witness.isComplete;
    finish();
  }, capMs);
  const end = (work: Work) => {
    witness.end(work);
    if (witness.isComplete) finish();
  };
  const handle = (work: Work) => {
    began ??= performance.now();
    witness.begin(work);
    if (handlerMs > 0) return sleep(handlerMs).then(() => end(work));
    end(work);
    return undefined;
  };
  return {
    crew: { handle, isOver: () => capped || witness.isComplete, over },
    began: () => began,
    capped: () => capped,
    cancel: () => clearTimeout(timer),
  };
}
