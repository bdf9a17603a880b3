// Figures out of the rounds: medians and ranges, the best of a table, and whether a bar is reached.
import { median } from "../statistics.ts";
import type { Row, Table, Tables } from "./results.ts";
import type { Answers, Drained } from "./task.ts";

/** Median, least and greatest of a figure over the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The spread of a figure over a row's rounds; NaN without rounds. */
export function spreadOf<T>(row: Row<T>, figure: (round: T) => number): Spread {
  const values = row.rounds.map(figure);
  return {
    median: median(values),
    min: values.length === 0 ? Number.NaN : Math.min(...values),
    max: values.length === 0 ? Number.NaN : Math.max(...values),
  };
}

/** Which contender a row speaks of. */
export type Who = "single" | "bursts" | "peer" | "limit";

/** Ours with one message a claim, ours with bursts, a peer, or the limit; undefined: ours with many tenants. */
export function whoIs(contender: string): Who | undefined {
  if (contender.startsWith("raw")) return "limit";
  if (!contender.startsWith("switchboard")) return "peer";
  if (contender.includes("tenants")) return undefined;
  return contender.includes("bursts") ? "bursts" : "single";
}

/** Whether a drain did everything once and in order; one that was broken off may be slow, not wrong. */
export function isSound({ twice, disorder, overlaps, left, capped }: Drained): boolean {
  return twice === 0 && disorder === 0 && overlaps === 0 && (capped || left === 0);
}

/** What went wrong in a drain, in words; empty: nothing. */
export function faultsOf({ capped, twice, disorder, overlaps, left }: Drained): string[] {
  const faults = [
    capped && "broken off",
    twice > 0 && `${twice} done twice`,
    disorder > 0 && `${disorder} out of order`,
    overlaps > 0 && `${overlaps} overlaps`,
    !capped && left > 0 && `${left} left over`,
  ];
  return faults.filter((fault) => fault !== false);
}

/** The row with the greatest median of its kind; undefined when there is none. */
export function bestOf<T>(rows: readonly Row<T>[], figure: (round: T) => number): Row<T> | undefined {
  return rows.toSorted((a, b) => spreadOf(b, figure).median - spreadOf(a, figure).median)[0];
}

/** The best sound row of a drain table. */
export function bestDrain(table: Table<Drained> | undefined, who: Who): Row<Drained> | undefined {
  const rows =
    table?.rows.filter(
      ({ contender, rounds }) => whoIs(contender) === who && rounds.length > 0 && rounds.every(isSound),
    ) ?? [];
  return bestOf(rows, ({ rate }) => rate);
}

/** What is wanted, and what was reached. */
export interface Bar {
  readonly what: string;
  /** Times as good as `against`. */
  readonly reached: number;
  readonly wanted: number;
  readonly ours: string;
  readonly against: string;
}

/** The bars whose tables were measured. */
export function barsOf(tables: Tables): Bar[] {
  return [...orderedBars(tables), ...plainBars(tables), ...ownBars(tables), ...otherBars(tables)].filter(
    ({ reached }) => !Number.isNaN(reached),
  );
}

const rate = ({ rate }: { readonly rate: number }): number => rate;
const drainTable = ({ drains }: Tables, id: string) => drains.find((table) => table.id === id);

/** Ours against the best peer in one table. */
function againstPeer(tables: Tables, id: string, who: "single" | "bursts", wanted: number): Bar {
  const table = drainTable(tables, id);
  const [ours, peer] = [bestDrain(table, who), bestDrain(table, "peer")];
  return barOf(`${table?.title}: ${who === "single" ? "single messages" : "bursts of 10"}`, { ours, peer, wanted });
}

function barOf(
  what: string,
  {
    ours,
    peer,
    wanted,
  }: { ours: Row<{ rate: number }> | undefined; peer: Row<{ rate: number }> | undefined; wanted: number },
): Bar {
  const reached = ours && peer ? spreadOf(ours, rate).median / spreadOf(peer, rate).median : Number.NaN;
  return { what, reached, wanted, ours: ours?.contender ?? "", against: peer?.contender ?? "" };
}

function orderedBars(tables: Tables): Bar[] {
  return [
    againstPeer(tables, "ordered-20k", "single", 1.2),
    againstPeer(tables, "ordered-20k", "bursts", 2),
    againstPeer(tables, "ordered-100k", "single", 1.2),
    againstPeer(tables, "ordered-100k", "bursts", 2),
    againstPeer(tables, "ordered-waiting", "single", 2),
    againstPeer(tables, "ordered-waiting", "bursts", 4),
    againstPeer(tables, "ordered-deep", "single", 2),
    againstPeer(tables, "ordered-deep", "bursts", 4),
  ];
}

function plainBars(tables: Tables): Bar[] {
  return [
    againstPeer(tables, "unordered-20k", "single", 1),
    againstPeer(tables, "unordered-20k", "bursts", 2.5),
    againstPeer(tables, "unordered-100k", "single", 1),
    againstPeer(tables, "unordered-100k", "bursts", 2.5),
  ];
}

/** Ours beside other work against ours alone, setting by setting: the better one alone is asked. */
function ownBars(tables: Tables): Bar[] {
  const pairs: [string, string, number][] = [
    ["ordered-waiting", "ordered-alone", 0.8],
    ["ordered-deep", "ordered-alone", 0.8],
    ["unordered-waiting", "unordered-alone", 0.9],
    ["scheduled-beside", "scheduled-alone", 0.9],
  ];
  return pairs.flatMap(([with_, without, wanted]) =>
    (["single", "bursts"] as const).map((who) => {
      const table = drainTable(tables, with_);
      const ours = bestDrain(table, who);
      const peer = drainTable(tables, without)?.rows.find(({ contender }) => contender === ours?.contender);
      const what = `${table?.title}: ${who === "single" ? "single messages" : "bursts of 10"}, against ours without`;
      return barOf(what, { ours, peer, wanted });
    }),
  );
}

function otherBars(tables: Tables): Bar[] {
  return [...pinnedBars(tables), ...idleBars(tables), ...latencyBars(tables), ...enqueueBars(tables)];
}

/** The last cycle's rate against the first one's, of the same round. */
export const lastToFirst = ({ cycles }: Answers["pinned"]): number =>
  (cycles.at(-1)?.rate ?? Number.NaN) / (cycles[0]?.rate ?? Number.NaN);

function pinnedBars({ pinned }: Tables): Bar[] {
  return pinned.flatMap(({ title, rows }) =>
    rows
      .filter(({ contender }) => ["single", "bursts"].includes(whoIs(contender) ?? ""))
      .map((row) => ({
        what: `${title}: the sixth against the first`,
        reached: spreadOf(row, lastToFirst).median,
        wanted: 0.8,
        ours: row.contender,
        against: row.contender,
      })),
  );
}

/** The cost of an idle poll; a tenth is left to the noise. */
function idleBars({ idles }: Tables): Bar[] {
  const [alone, beside] = ["idle-alone", "idle-beside"].map((id) =>
    idles.find((table) => table.id === id)?.rows.find(({ contender }) => whoIs(contender) === "single"),
  );
  if (alone === undefined || beside === undefined) return [];
  const ms = (row: typeof alone) => spreadOf(row, (round) => round.ms).median;
  const what = "An idle poll beside 1,000,000 scheduled, against one beside none (milliseconds, inverse)";
  return [{ what, reached: ms(alone) / ms(beside), wanted: 0.9, ours: beside.contender, against: alone.contender }];
}

function latencyBars({ latencies }: Tables): Bar[] {
  return latencies.flatMap(({ rows }) =>
    (["p50", "p99"] as const).flatMap((which) => {
      const value = (row: (typeof rows)[number]) => spreadOf(row, (round) => round[which]).median;
      const ours = rows.find(({ contender }) => whoIs(contender) === "single");
      const peer = rows.filter(({ contender }) => whoIs(contender) === "peer").sort((a, b) => value(a) - value(b))[0];
      if (ours === undefined || peer === undefined) return [];
      const what = `Pick-up latency, ${which} (inverse)`;
      return [{ what, reached: value(peer) / value(ours), wanted: 1, ours: ours.contender, against: peer.contender }];
    }),
  );
}

function enqueueBars({ enqueues }: Tables): Bar[] {
  const wanted: Record<string, number> = { "enqueue-1": 0.7, "enqueue-100": 0.5, commit: 0.8 };
  return enqueues.map(({ id, title, rows }) =>
    barOf(title, {
      ours: rows.find(({ contender }) => whoIs(contender) === "single"),
      peer: rows.find(({ contender }) => whoIs(contender) === "limit"),
      wanted: wanted[id] ?? Number.NaN,
    }),
  );
}

/** Whether a bar is reached. */
export const isReached = ({ reached, wanted }: Bar): boolean => reached >= wanted;
