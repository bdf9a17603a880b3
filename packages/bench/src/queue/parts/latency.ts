// From an enqueue to the handler, when the worker has nothing else to do.
import { OURS, UNORDERED_PEERS } from "../contenders/index.ts";
import { alternate, type Part, scaled } from "./part.ts";

const CONTENDERS = [OURS.singleWide, ...UNORDERED_PEERS].filter(({ listen }) => listen !== undefined);
const TIMES = 500;

/** The part "latency". */
export const measurePickUp: Part = async (bench) => {
  const rows = await alternate(bench, CONTENDERS, async ({ id }) => {
    const result = await bench.measure({ op: "latency", contender: id, times: scaled(bench, TIMES, 10) });
    return { result, words: `p50 ${result.p50.toFixed(2)} ms, p99 ${result.p99.toFixed(2)} ms` };
  });
  return { latencies: [{ id: "latency", title: "From the enqueue to the handler of an idle worker", rows }] };
};
