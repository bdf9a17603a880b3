// What a part of the benchmark is given, and how its rounds go.
import type { Contender } from "../contender.ts";
import { faultsOf } from "../figures.ts";
import type { Measure } from "../measure.ts";
import type { Row, Tables } from "../results.ts";
import type { Drained, DrainTask } from "../task.ts";

/** What a part works with. */
export interface Bench {
  readonly measure: Measure;
  readonly rounds: number;
  /** Of 1: a part of the work only, to try it out. */
  readonly scale: number;
  /** Which contenders are measured. */
  readonly wants: (contender: Contender) => boolean;
  /** Runs statements as superuser. */
  readonly asAdmin: (...statements: string[]) => Promise<unknown>;
  /** Takes what failed: the rest goes on without it. */
  readonly onFailure: (words: string) => void;
  /** A line for the person who waits. */
  readonly onProgress: (words: string) => void;
}

/** Measures its tables. */
export type Part = (bench: Bench) => Promise<Partial<Tables>>;

/** A number of the benchmark, made smaller by --scale. */
export const scaled = (bench: Bench, number: number, least: number): number =>
  Math.max(Math.min(number, least), Math.round(number * bench.scale));

/**
 * Measures everybody, round by round; who begins moves on with each round.
 * @param once - one measurement, and what to tell of it; one that fails is missing from its row
 */
export async function alternate<T>(
  bench: Bench,
  all: readonly Contender[],
  once: (contender: Contender) => Promise<{ readonly result: T; readonly words: string }>,
): Promise<Row<T>[]> {
  const contenders = all.filter(bench.wants);
  const rows = contenders.map((contender) => ({ contender: contender.id, rounds: [] as T[] }));
  for (let round = 0; round < bench.rounds; round++)
    for (let step = 0; step < contenders.length; step++) {
      const index = (round + step) % contenders.length;
      const contender = contenders[index];
      if (contender === undefined) continue;
      const name = `${round + 1}/${bench.rounds} ${contender.id}`;
      try {
        const { result, words } = await once(contender);
        rows[index]?.rounds.push(result);
        bench.onProgress(`${name}: ${words}`);
      } catch (error) {
        bench.onFailure(`${name}: ${error instanceof Error ? error.message : error}`);
      }
    }
  return rows;
}

/** Drains in rounds. */
export async function drainRounds(
  bench: Bench,
  contenders: readonly Contender[],
  taskOf: (contender: Contender) => Omit<DrainTask, "op" | "contender">,
): Promise<Row<Drained>[]> {
  return await alternate(bench, contenders, async (contender) => {
    const result = await bench.measure({ op: "drain", contender: contender.id, ...taskOf(contender) });
    return { result, words: wordsOf(result) };
  });
}

/** One of each family: they share their tables. */
export function familiesOf(bench: Bench, contenders: readonly Contender[]): Contender[] {
  return [...new Map(contenders.filter(bench.wants).map((contender) => [contender.family, contender])).values()];
}

function wordsOf(drained: Drained): string {
  const costs = `${drained.cpuUs.toFixed(1)} us of Postgres, ${Math.round(drained.walBytes)} B of log each`;
  return [`${Math.round(drained.rate).toLocaleString("en")}/s`, costs, ...faultsOf(drained)].join(", ");
}
