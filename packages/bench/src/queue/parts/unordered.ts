// Drains without order: every piece of work a lane of its own (bursts: ten a lane), a handler that takes no time.
import type { Contender } from "../contender.ts";
import { LIMIT, OURS, UNORDERED_PEERS } from "../contenders/index.ts";
import type { DrainTask } from "../task.ts";
import { type Bench, drainRounds, type Part, scaled } from "./part.ts";

const BURST = 10;
const BURSTS: readonly Contender[] = [OURS.bursts, OURS.burstsWide];
/** Ours, the peers without order, and the limit. */
export const UNORDERED = [OURS.single, OURS.singleWide, ...BURSTS, ...UNORDERED_PEERS, LIMIT];

/** The part "unordered". */
export const measureUnordered: Part = async (bench) => ({
  drains: [
    {
      id: "unordered-20k",
      title: "Without order: 20,000, each a lane of its own (bursts: ten a lane)",
      rows: await drainRounds(bench, UNORDERED, (contender) => unorderedTask(bench, contender, 20_000)),
    },
    {
      id: "unordered-100k",
      title: "Without order: 100,000, each a lane of its own (bursts: ten a lane)",
      rows: await drainRounds(bench, UNORDERED, (contender) => unorderedTask(bench, contender, 100_000)),
    },
  ],
});

/** A drain without order. */
export function unorderedTask(bench: Bench, contender: Contender, wanted: number): Omit<DrainTask, "op" | "contender"> {
  const jobs = scaled(bench, wanted, 100);
  const lanes = BURSTS.includes(contender) ? Math.ceil(jobs / BURST) : jobs;
  return { load: { jobs, lanes, ordered: false }, handlerMs: 0, capMs: 60_000, warm: Math.min(jobs, 2000) };
}
