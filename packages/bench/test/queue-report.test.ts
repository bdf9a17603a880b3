import { expect, test } from "vitest";
import { chartOf } from "../src/queue/chart.ts";
import { number, reportOf, tablesOf } from "../src/queue/report.ts";
import { joinTables, NO_TABLES, type Results } from "../src/queue/results.ts";
import { drained, OURS, PEER, tableOf } from "./queue-results.ts";

const BURSTS = "switchboard, bursts of 10, 100 x 8";
const drains = [tableOf("ordered-100k", { [OURS]: [50_000, 40_000, 60_000], [BURSTS]: [120_000], [PEER]: [20_000] })];
const results: Results = {
  ...NO_TABLES,
  drains,
  machine: {
    date: "2026-01-01 00:00",
    processor: "one",
    cores: 2,
    memoryGb: 4,
    system: "Linux",
    loadBefore: 0.5,
    node: "24.0.0",
    postgres: "17.0",
    commit: "abc",
  },
  command: "npm run bench:queue -- --write",
  seconds: 10,
  rounds: 3,
  scale: 1,
  settings: { shared_buffers: "512MB" },
  contenders: { [OURS]: "100 lanes" },
  failures: [],
};

test("a table has the fastest first, with median and range", () => {
  const lines = tablesOf({ ...NO_TABLES, drains }).split("\n");
  const first = lines.findIndex((line) => line.startsWith(`| ${BURSTS} | 120,000`));
  expect(lines[first + 1]).toContain(`| ${OURS} | 50,000 | 40,000–60,000 |`);
  expect(lines[first + 2]).toContain(`| ${PEER} | 20,000`);
});

test("every row of a table has as many cells as its head", () => {
  let cells = 0;
  for (const line of reportOf(results).split("\n")) {
    const count = line.startsWith("|") ? line.split("|").length : 0;
    if (cells > 0 && count > 0) expect(count, line).toBe(cells);
    cells = count;
  }
});

test("a bar is marked as reached or not", () => {
  const report = reportOf(results);
  expect(report).toContain("| 2.50 | 1.2 | ✓ |");
  expect(report).toContain("| 6.00 | 2.0 | ✓ |");
  const slow = [tableOf("ordered-100k", { [OURS]: [10_000], [PEER]: [20_000] })];
  expect(reportOf({ ...results, drains: slow })).toContain("| 0.50 | 1.2 | ✗ |");
});

test("a fault stands in its row", () => {
  const rows = [{ contender: PEER, rounds: [drained({}), drained({ overlaps: 3 })] }];
  expect(tablesOf({ ...NO_TABLES, drains: [{ id: "x", title: "x", rows }] })).toContain("| 3 overlaps |");
});

test("a trial says that it is one", () => {
  expect(reportOf(results)).not.toContain("trial");
  expect(reportOf({ ...results, scale: 0.1 })).toContain("only 0.1 of the work");
});

test("figures are rounded to what they can say", () => {
  expect([123_456.7, 12.345, 0.5, 0, Number.NaN].map(number)).toEqual(["123,457", "12.3", "0.5", "0", "–"]);
});

test("tables of several parts are joined", () => {
  expect(joinTables([{ drains }, {}, { drains }]).drains).toHaveLength(2);
});

test("the chart draws the longest bar for the fastest and says its figure", () => {
  const svg = chartOf({ ...NO_TABLES, drains });
  const bars = [...svg.matchAll(/<rect class="(single|bursts|peer)" [^>]*width="(\d+)"/g)];
  expect(bars.map(([, who]) => who)).toEqual(["bursts", "single", "peer"]);
  const widths = bars.map(([, , width]) => Number(width));
  expect(widths).toEqual(widths.toSorted((a, b) => b - a));
  expect(svg).toContain(">120,000<");
});

test("the chart marks who breaks the order and keeps to XML", () => {
  const rows = [{ contender: "a <b> & c", rounds: [drained({ overlaps: 1 })] }];
  const svg = chartOf({ ...NO_TABLES, drains: [{ id: "ordered-100k", title: "x", rows }] });
  expect(svg).toContain("breaks the order");
  expect(svg).toContain("a &lt;b> &amp; c");
});

test("without a table to draw there is no chart", () => {
  expect(chartOf(NO_TABLES)).toBe("");
});

test("what failed is named", () => {
  expect(reportOf(results)).not.toContain("Missing");
  expect(reportOf({ ...results, failures: ["1/3 somebody: gone\n    at x"] })).toContain("- 1/3 somebody: gone\n\n");
});

test("six rounds under a pinned horizon show the median round and the ratio of its ends", () => {
  const cyclesOf = (...rates: number[]) => ({
    cycles: rates.map((rate) => ({ rate, cpuUs: 5, capped: false, twice: 0 })),
  });
  const rows = [{ contender: OURS, rounds: [cyclesOf(100, 90), cyclesOf(100, 50), cyclesOf(200, 160)] }];
  const tables = tablesOf({ ...NO_TABLES, pinned: [{ id: "pinned", title: "Pinned", rows }] });
  expect(tables).toContain(`| ${OURS} | 200 160 | 0.80 (0.50-0.90) | 5 → 5 |`);
  expect(tables).toContain("| Pinned: the sixth against the first | 0.80 | 0.8 | ✓ |");
});
