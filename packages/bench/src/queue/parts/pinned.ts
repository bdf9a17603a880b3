// Six rounds of filling and draining while a transaction pins the horizon: no dead row can go.
import { LIMIT, OURS, UNORDERED_PEERS } from "../contenders/index.ts";
import { alternate, type Part, scaled } from "./part.ts";

const CONTENDERS = [OURS.singleWide, OURS.bursts, ...UNORDERED_PEERS, LIMIT];
const CYCLES = 6;

/** The part "pinned". */
export const measurePinnedHorizon: Part = async (bench) => {
  const load = { jobs: scaled(bench, 20_000, 100), lanes: scaled(bench, 1000, 20), ordered: false };
  const rows = await alternate(bench, CONTENDERS, async ({ id }) => {
    const result = await bench.measure({ op: "pinned", contender: id, load, cycles: CYCLES, capMs: 20_000 });
    return { result, words: `${result.cycles.map(({ rate }) => Math.round(rate).toLocaleString("en")).join(" ")}/s` };
  });
  return { pinned: [{ id: "pinned", title: "Six rounds of 20,000 over 1,000 lanes under a pinned horizon", rows }] };
};
