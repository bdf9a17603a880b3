// Enqueueing: one by one, by 100, and by 32 connections on a disk that takes 2 ms for a commit.
import { LIMIT, OURS, UNORDERED_PEERS } from "../contenders/index.ts";
import type { Table } from "../results.ts";
import type { Enqueued } from "../task.ts";
import { alternate, type Bench, type Part } from "./part.ts";

const CONTENDERS = [LIMIT, OURS.singleWide, ...UNORDERED_PEERS].filter(({ produce }) => produce !== undefined);
const MS = 3000;
const COMMIT_US = 2000;

/** The part "enqueue". */
export const measureEnqueues: Part = async (bench) => ({
  enqueues: [
    await table(bench, "enqueue-1", "Enqueue: one by one, 8 connections (raw: a bare insert)", {
      batch: 1,
      connections: 8,
    }),
    await table(bench, "enqueue-100", "Enqueue: 100 a call, 8 connections (raw: a bare insert)", {
      batch: 100,
      connections: 8,
    }),
  ],
});

/** The part "commit". Each commit waits 2 ms before its flush, as on a slow disk; those that wait share the flush. */
export const measureCommit: Part = async (bench) => {
  const reload = "select pg_reload_conf()";
  await bench.asAdmin(`alter system set commit_delay = ${COMMIT_US}`, "alter system set commit_siblings = 0", reload);
  try {
    const options = { batch: 1, connections: 32 };
    return {
      enqueues: [
        await table(
          bench,
          "commit",
          "Enqueue: one by one, 32 connections, a commit of 2 ms (raw: a bare insert)",
          options,
        ),
      ],
    };
  } finally {
    await bench.asAdmin("alter system reset commit_delay", "alter system reset commit_siblings", reload);
  }
};

async function table(
  bench: Bench,
  id: string,
  title: string,
  options: { readonly batch: number; readonly connections: number },
): Promise<Table<Enqueued>> {
  const ms = Math.max(200, MS * Math.min(1, bench.scale * 5));
  const rows = await alternate(bench, CONTENDERS, async (contender) => {
    const result = await bench.measure({ op: "enqueue", contender: contender.id, ms, ...options });
    return { result, words: `${Math.round(result.rate).toLocaleString("en")}/s, p99 ${result.p99.toFixed(1)} ms` };
  });
  return { id, title, rows };
}
