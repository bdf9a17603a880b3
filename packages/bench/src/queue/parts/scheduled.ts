// Drains and idle polls beside a million pieces of work that are due tomorrow.
import type { Contender } from "../contender.ts";
import { OURS, UNORDERED_PEERS } from "../contenders/index.ts";
import type { Row } from "../results.ts";
import type { Answers } from "../task.ts";
import { besides } from "./backlog.ts";
import { alternate, type Bench, drainRounds, familiesOf, type Part, scaled } from "./part.ts";
import { unorderedTask } from "./unordered.ts";

const CONTENDERS = [OURS.single, OURS.singleWide, OURS.bursts, OURS.burstsWide, ...UNORDERED_PEERS];
/** Ours polls alike in every setting. */
const POLLERS = [OURS.singleWide, ...UNORDERED_PEERS].filter(({ idle }) => idle !== undefined);
const POLLS = 200;

/** The part "scheduled". */
export const measureScheduled: Part = async (bench) => {
  const taskOf = (contender: Contender) => ({
    ...unorderedTask(bench, contender, 20_000),
    capMs: 20_000,
  });
  for (const { id } of familiesOf(bench, CONTENDERS)) await bench.measure({ op: "clear", contender: id });
  const idleAlone = await idleRounds(bench);
  const alone = await drainRounds(bench, CONTENDERS, taskOf);
  let idleBeside: Row<Answers["idle"]>[] = [];
  const beside = await besides(bench, CONTENDERS, "scheduled", taskOf, async () => {
    idleBeside = await idleRounds(bench);
  });
  return {
    drains: [
      { id: "scheduled-alone", title: "Without order: 20,000, nothing scheduled", rows: alone },
      { id: "scheduled-beside", title: "Without order: 20,000, beside 1,000,000 scheduled", rows: beside },
    ],
    idles: [
      { id: "idle-alone", title: "An idle poll, nothing scheduled", rows: idleAlone },
      { id: "idle-beside", title: "An idle poll beside 1,000,000 scheduled", rows: idleBeside },
    ],
  };
};

async function idleRounds(bench: Bench): Promise<Row<Answers["idle"]>[]> {
  return await alternate(bench, POLLERS, async ({ id }) => {
    const result = await bench.measure({ op: "idle", contender: id, times: scaled(bench, POLLS, 20) });
    return { result, words: `${result.ms.toFixed(2)} ms an idle poll, ${result.cpuUs.toFixed(0)} us of Postgres` };
  });
}
