// Drains while a million other pieces of work wait: in lanes of their own, or in the lanes that are drained. Other work
// is of lesser priority, or younger where a contender knows no priorities.
import type { Behind, Contender } from "../contender.ts";
import { ORDERED_PEERS, OURS } from "../contenders/index.ts";
import type { Row, Table } from "../results.ts";
import type { Drained, DrainTask } from "../task.ts";
import { ORDERED, orderedTask } from "./ordered.ts";
import { type Bench, drainRounds, familiesOf, type Part, scaled } from "./part.ts";
import { UNORDERED, unorderedTask } from "./unordered.ts";

const ROWS = 1_000_000;
const CAP_MS = 20_000;
/** The setting that suffers most from a long table is left out: the other one of the same is the better peer. */
const IN_ORDER = ORDERED.filter(({ id }) => !id.includes("read (as pgmq's), 100"));
/** Without those that have neither priorities nor age to tell work apart by. */
const PLAIN = UNORDERED.filter(({ fillBehind }) => fillBehind !== undefined);
/** One setting of each: the younger work must be put in anew for each drain. */
const DEEP = [OURS.singleWide, OURS.bursts, ...ORDERED_PEERS.filter(({ id }) => IN_ORDER.some((one) => one.id === id))];

/** The part "backlog". */
export const measureBacklog: Part = async (bench) => {
  const inOrder = { ...orderedTask(bench, 20_000), capMs: CAP_MS };
  const without = await drainRounds(bench, IN_ORDER, () => inOrder);
  const waiting = await besides(bench, IN_ORDER, "waiting", () => inOrder);
  const deep = await besides(bench, DEEP, "deep", () => inOrder);
  const plainTask = (contender: Contender) => ({ ...unorderedTask(bench, contender, 20_000), capMs: CAP_MS });
  const plainWithout = await drainRounds(bench, PLAIN, plainTask);
  const plain = await besides(bench, PLAIN, "waiting", plainTask);
  const tables: [string, string, Row<Drained>[]][] = [
    ["ordered-alone", "In order: 20,000, nothing behind", without],
    ["ordered-waiting", "In order: 20,000, with 1,000,000 waiting lanes behind", waiting],
    ["ordered-deep", "In order: 20,000, with 1,000,000 behind in the same 1,000 lanes", deep],
    ["unordered-alone", "Without order: 20,000, nothing behind", plainWithout],
    ["unordered-waiting", "Without order: 20,000, with 1,000,000 rows of backlog", plain],
  ];
  return { drains: tables.map(([id, title, rows]): Table<Drained> => ({ id, title, rows })) };
};

/**
 * Drains while other work lies around; it is put in once for all rounds where its priority tells it apart.
 * @param first - done before the drains
 */
export async function besides(
  bench: Bench,
  contenders: readonly Contender[],
  kind: Behind,
  taskOf: (contender: Contender) => Omit<DrainTask, "op" | "contender">,
  first: () => Promise<void> = async () => {},
): Promise<Row<Drained>[]> {
  const rows = scaled(bench, ROWS, 1000);
  const families = familiesOf(bench, contenders);
  for (const contender of families) {
    if (contender.behindLater?.includes(kind) === true) continue;
    bench.onProgress(`${contender.family}: ${rows.toLocaleString("en")} pieces of other work`);
    await bench.measure({ op: "behind", contender: contender.id, kind, rows, load: taskOf(contender).load });
  }
  await first();
  const measured = await drainRounds(bench, contenders, (contender) => ({
    ...taskOf(contender),
    behind: { kind, rows },
  }));
  for (const { id } of families) await bench.measure({ op: "clear", contender: id });
  return measured;
}
