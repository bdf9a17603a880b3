// Made-up results for the tests of what is written about them.
import type { Table } from "../src/queue/results.ts";
import type { Drained } from "../src/queue/task.ts";

export const OURS = "switchboard, single, 100 x 8";
export const PEER = "graphile-worker, c100";

const SOUND: Drained = {
  handled: 100,
  behind: 0,
  twice: 0,
  disorder: 0,
  overlaps: 0,
  rate: 100,
  seconds: 1,
  capped: false,
  cpuUs: 20,
  walBytes: 500,
  clientCpuUs: 10,
  left: 0,
};

/** A drain without a fault, but for what is given. */
export const drained = (differences: Partial<Drained>): Drained => ({ ...SOUND, ...differences });

/** A table of drains: rates of the rounds, by contender. */
export const tableOf = (id: string, rates: Readonly<Record<string, readonly number[]>>): Table<Drained> => ({
  id,
  title: id,
  rows: Object.entries(rates).map(([contender, each]) => ({
    contender,
    rounds: each.map((rate) => drained({ rate })),
  })),
});
