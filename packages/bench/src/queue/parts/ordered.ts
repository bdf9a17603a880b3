// Drains in order: 20,000 and 100,000 pieces of work over 1,000 lanes, a handler of 1 ms.
import { ORDERED_PEERS, OURS } from "../contenders/index.ts";
import type { DrainTask } from "../task.ts";
import { type Bench, drainRounds, type Part, scaled } from "./part.ts";

/** Ours and the peers that keep the order. */
export const ORDERED = [OURS.single, OURS.singleWide, OURS.bursts, OURS.burstsWide, ...ORDERED_PEERS];
const TENANTS = [OURS.single, OURS.singleTenants, OURS.bursts, OURS.burstsTenants];

/** The part "ordered". */
export const measureOrdered: Part = async (bench) => {
  const [small, large] = [orderedTask(bench, 20_000), orderedTask(bench, 100_000)];
  return {
    drains: [
      {
        id: "ordered-20k",
        title: "In order: 20,000 over 1,000 lanes",
        rows: await drainRounds(bench, ORDERED, () => small),
      },
      {
        id: "ordered-100k",
        title: "In order: 100,000 over 1,000 lanes",
        rows: await drainRounds(bench, ORDERED, () => large),
      },
      {
        id: "tenants",
        title: "In order: 20,000 over 1,000 lanes, of 1 tenant and of 20",
        rows: await drainRounds(bench, TENANTS, () => small),
      },
    ],
  };
};

/** A drain in order over (scaled) 1,000 lanes. */
export function orderedTask(bench: Bench, jobs: number): Omit<DrainTask, "op" | "contender"> {
  const load = { jobs: scaled(bench, jobs, 100), lanes: scaled(bench, 1000, 20), ordered: true };
  return { load, handlerMs: 1, capMs: 60_000, warm: Math.min(load.jobs, 2 * load.lanes) };
}
