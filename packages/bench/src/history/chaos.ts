// Carries the plan of a run out.
import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "@switchboard/local/stack.ts";
import type pg from "pg";
import { moveClock } from "./ground.ts";
import type { Strike } from "./plan.ts";
import type { WorkerSlot } from "./workers.ts";

/** What was really done. */
export interface ChaosCounts {
  kills: number;
  stops: number;
  quits: number;
  /** Connections that were ended. */
  terminations: number;
  crashes: number;
  clockMoves: number;
}

/** What chaos works on. */
export interface ChaosTargets {
  readonly stack: Pick<Stack, "postgres">;
  readonly admin: pg.Pool;
  readonly workers: readonly WorkerSlot[];
}

/** Carries the plan out until the signal; ends with every worker running and the clock as it is. */
export async function wreakHavoc(
  plan: readonly Strike[],
  targets: ChaosTargets,
  signal: AbortSignal,
): Promise<ChaosCounts> {
  const counts: ChaosCounts = { kills: 0, stops: 0, quits: 0, terminations: 0, crashes: 0, clockMoves: 0 };
  const began = Date.now();
  const open: Promise<void>[] = [];
  for (const strike of plan) {
    await sleep(Math.max(strike.atMs - (Date.now() - began), 0), undefined, { signal }).catch(() => {}); // or the signal
    if (signal.aborted) break;
    const done = carryOut(strike, targets, counts);
    if (strike.what === "crash") await done;
    else open.push(done);
  }
  await Promise.all(open);
  for (const worker of targets.workers) {
    worker.thaw();
    worker.start();
  }
  await moveClock(targets.admin, 0);
  return counts;
}

async function carryOut(strike: Strike, { stack, admin, workers }: ChaosTargets, counts: ChaosCounts): Promise<void> {
  const worker = "worker" in strike ? workers[strike.worker - 1] : undefined;
  switch (strike.what) {
    case "kill":
      if (await worker?.kill()) counts.kills += 1;
      await sleep(strike.downMs);
      return worker?.start();
    case "stop":
      if (worker?.freeze()) counts.stops += 1;
      await sleep(strike.forMs);
      return worker?.thaw();
    case "quit":
      if (await worker?.quit()) counts.quits += 1;
      return worker?.start();
    case "terminate":
      counts.terminations += await terminate(admin, strike).catch(() => 0); // Postgres is away just now
      return;
    case "clock":
      await moveClock(admin, strike.seconds).then(
        () => (counts.clockMoves += 1),
        () => 0,
      );
      return;
    case "crash":
      await stack.postgres.stop("immediate");
      await sleep(strike.downMs);
      await stack.postgres.start();
      counts.crashes += 1;
  }
}

async function terminate(
  admin: pg.Pool,
  strike: { readonly connections: number; readonly salt: number },
): Promise<number> {
  const { rowCount } = await admin.query(
    `select pg_terminate_backend(a.pid)
       from (select pid from pg_stat_activity where application_name like 'history %' and pid <> pg_backend_pid()
              order by md5(pid::text || $2) limit $1) as a`,
    [strike.connections, String(strike.salt)],
  );
  return rowCount ?? 0;
}
