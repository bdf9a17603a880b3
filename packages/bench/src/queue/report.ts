// The results as Markdown: packages/bench/QUEUE.md, and the same tables in the terminal.
import { type Bar, barsOf, faultsOf, isReached, isSound, lastToFirst, type Spread, spreadOf } from "./figures.ts";
import type { Results, Row, Tables } from "./results.ts";
import type { Drained } from "./task.ts";

/** All tables, and the bars first. */
export function tablesOf(tables: Tables): string {
  return [
    section("What was wanted, and what was reached", barsTable(barsOf(tables))),
    ...tables.drains.map(({ title, rows }) => section(title, drainTable(rows))),
    ...tables.pinned.map(({ title, rows }) => section(title, pinnedTable(rows))),
    ...tables.idles.map(({ title, rows }) => section(title, idleTable(rows))),
    ...tables.latencies.map(({ title, rows }) => section(title, latencyTable(rows))),
    ...tables.enqueues.map((table) => section(table.title, enqueueTable(table))),
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

/** The whole report. */
export function reportOf(results: Results): string {
  const { machine, rounds, settings } = results;
  const words = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return `# The queue beside its peers

Written by \`${results.command}\`; what was measured and how stands in README.md beside this file. No figure here is a
promise or a test: another machine gives others, and so does this one when it has other work to do.${
    results.scale === 1 ? "" : `\n\n**A trial: only ${results.scale} of the work.**`
  }

${machine.date} UTC, ${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system};
load average before the start ${machine.loadBefore.toFixed(2)}. Node ${machine.node}, Postgres ${machine.postgres},
commit ${machine.commit}. One run of ${Math.round(results.seconds)} s, ${rounds} rounds. The server, the same for
everybody: fsync = on, ${words.join(", ")}.

${missing(results.failures)}![Messages a second](queue.svg)

${tablesOf(results)}

## How everybody was set

${markdown(["contender", "settings"], Object.entries(results.contenders))}
`;
}

function missing(failures: readonly string[]): string {
  if (failures.length === 0) return "";
  return `**Missing, because it failed:**\n\n${failures.map((words) => `- ${words.split("\n")[0]}`).join("\n")}\n\n`;
}

function section(title: string, table: string): string {
  return table === "" ? "" : `## ${title}\n\n${table}`;
}

function barsTable(bars: readonly Bar[]): string {
  return markdown(
    ["what", "reached", "wanted", "", "ours", "against"],
    bars.map((bar) => [
      bar.what,
      bar.reached.toFixed(2),
      bar.wanted.toFixed(1),
      isReached(bar) ? "✓" : "✗",
      bar.ours,
      bar.against,
    ]),
  );
}

function drainTable(rows: readonly Row<Drained>[]): string {
  return markdown(
    ["", "a second", "least to most", "Postgres CPU, us", "log, bytes", "client CPU, us", ""],
    byRate(rows).map((row) => {
      const each = (figure: (round: Drained) => number) => number(spreadOf(row, figure).median);
      const rate = spreadOf(row, (round) => round.rate);
      const faults = [...new Set(row.rounds.filter((one) => one.capped || !isSound(one)).flatMap(faultsOf))];
      const costs = [(d: Drained) => d.cpuUs, (d: Drained) => d.walBytes, (d: Drained) => d.clientCpuUs].map(each);
      return [row.contender, number(rate.median), range(rate), ...costs, faults.join("; ")];
    }),
  );
}

function pinnedTable(rows: Tables["pinned"][number]["rows"]): string {
  return markdown(
    ["", "first to sixth, a second (of the median round)", "sixth / first", "Postgres CPU first → sixth, us"],
    rows.map((row) => {
      const byRatio = row.rounds.toSorted((a, b) => lastToFirst(a) - lastToFirst(b));
      const middle = byRatio[Math.floor((byRatio.length - 1) / 2)];
      const ends = [middle?.cycles[0], middle?.cycles.at(-1)].map((cycle) => number(cycle?.cpuUs ?? Number.NaN));
      const faulty = row.rounds.some(({ cycles }) => cycles.some(({ capped, twice }) => capped || twice > 0));
      const rates = (middle?.cycles.map(({ rate }) => number(rate)).join(" ") ?? "") + (faulty ? " (with faults)" : "");
      const ratio = spreadOf(row, lastToFirst);
      return [
        row.contender,
        rates,
        `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)})`,
        ends.join(" → "),
      ];
    }),
  );
}

function idleTable(rows: Tables["idles"][number]["rows"]): string {
  return markdown(
    ["", "ms a poll", "least to most", "Postgres CPU, us"],
    rows.map((row) => {
      const ms = spreadOf(row, (round) => round.ms);
      return [row.contender, number(ms.median), range(ms), number(spreadOf(row, (round) => round.cpuUs).median)];
    }),
  );
}

function latencyTable(rows: Tables["latencies"][number]["rows"]): string {
  return markdown(
    ["", "p50, ms", "p99, ms", "most, ms"],
    rows.map((row) => [
      row.contender,
      ...(["p50", "p99", "max"] as const).map((which) => number(spreadOf(row, (round) => round[which]).median)),
    ]),
  );
}

function enqueueTable({ rows }: Tables["enqueues"][number]): string {
  return markdown(
    ["", "a second", "least to most", "Postgres CPU, us", "log, bytes", "p50, ms", "p99, ms"],
    byRate(rows).map((row) => {
      const rate = spreadOf(row, (round) => round.rate);
      const figures = (["cpuUs", "walBytes", "p50", "p99"] as const).map((which) =>
        number(spreadOf(row, (round) => round[which]).median),
      );
      return [row.contender, number(rate.median), range(rate), ...figures];
    }),
  );
}

function byRate<T extends { readonly rate: number }>(rows: readonly Row<T>[]): Row<T>[] {
  const median = (row: Row<T>) => spreadOf(row, ({ rate }) => rate).median;
  return rows.toSorted((a, b) => median(b) - median(a));
}

/** Whole above 100, with three digits below. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}

const range = ({ min, max }: Spread): string => `${number(min)}–${number(max)}`;

/** A Markdown table; "" without rows. The first column is words, the others are figures. */
function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = `|${heads.map((_, index) => (index === 0 ? "---|" : "---:|")).join("")}`;
  return [line(heads), rule, ...rows.map(line)].join("\n");
}
