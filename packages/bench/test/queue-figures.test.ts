import { expect, test } from "vitest";
import { barsOf, bestDrain, faultsOf, isReached, isSound, spreadOf, whoIs } from "../src/queue/figures.ts";
import type { Table } from "../src/queue/results.ts";
import { NO_TABLES } from "../src/queue/results.ts";
import type { Drained } from "../src/queue/task.ts";
import { drained, OURS, PEER, tableOf } from "./queue-results.ts";

test("a spread has the median, the least and the greatest of the rounds", () => {
  const row = { contender: OURS, rounds: [3, 1, 8].map((rate) => drained({ rate })) };
  expect(spreadOf(row, ({ rate }) => rate)).toEqual({ median: 3, min: 1, max: 8 });
  expect(spreadOf({ contender: OURS, rounds: [] as Drained[] }, ({ rate }) => rate).median).toBeNaN();
});

test("contenders are told apart by their names", () => {
  expect(whoIs("switchboard, single, 100 x 8")).toBe("single");
  expect(whoIs("switchboard, bursts of 10, 100 x 8")).toBe("bursts");
  expect(whoIs("switchboard, single, 100 x 8, 20 tenants")).toBeUndefined();
  expect(whoIs("raw, claim 100 delete 100")).toBe("limit");
  expect(whoIs("graphile-worker, c24")).toBe("peer");
});

test("a drain that broke the order, did something twice or left something is not sound; a slow one is", () => {
  expect(isSound(drained({}))).toBe(true);
  expect(isSound(drained({ capped: true, left: 5 }))).toBe(true);
  for (const fault of [{ twice: 1 }, { disorder: 1 }, { overlaps: 1 }, { left: 1 }]) {
    expect(isSound(drained(fault))).toBe(false);
    expect(faultsOf(drained(fault))).toHaveLength(1);
  }
});

test("a peer that breaks the order in one round is no measure, however fast", () => {
  const table = tableOf("ordered-20k", { [PEER]: [100, 110, 90], "pg-boss, groupConcurrency 500 x 2": [900] });
  const broken: Table<Drained> = {
    ...table,
    rows: table.rows.map((row) =>
      row.contender === PEER ? row : { ...row, rounds: [...row.rounds, drained({ overlaps: 1 })] },
    ),
  };
  expect(bestDrain(table, "peer")?.contender).toBe("pg-boss, groupConcurrency 500 x 2");
  expect(bestDrain(broken, "peer")?.contender).toBe(PEER);
});

test("a bar compares the medians of the best of both sides", () => {
  const wide = "switchboard, single, 500 x 2";
  const drains = [tableOf("ordered-20k", { [OURS]: [1000], [wide]: [240, 250, 10_000], [PEER]: [200] })];
  const [bar, ...others] = barsOf({ ...NO_TABLES, drains });
  expect(others).toEqual([]);
  expect(bar).toMatchObject({ ours: OURS, against: PEER, reached: 5, wanted: 1.2 });
  expect(bar && isReached(bar)).toBe(true);
});

test("ours beside other work is held against the same setting alone", () => {
  const drains = [
    tableOf("scheduled-alone", { [OURS]: [100], "switchboard, single, 500 x 2": [300] }),
    tableOf("scheduled-beside", { [OURS]: [80], "switchboard, single, 500 x 2": [60] }),
  ];
  const [bar] = barsOf({ ...NO_TABLES, drains });
  expect(bar).toMatchObject({ ours: OURS, against: OURS, wanted: 0.9 });
  expect(bar?.reached).toBeCloseTo(0.8);
  expect(bar && isReached(bar)).toBe(false);
});

test("what is better when it is less is turned round", () => {
  const latency = (contender: string, p50: number) => ({ contender, rounds: [{ p50, p99: 10, max: 20, count: 5 }] });
  const latencies = [{ id: "latency", title: "", rows: [latency(OURS, 2), latency(PEER, 3)] }];
  const idle = (id: string, ms: number) => ({
    id,
    title: "",
    rows: [{ contender: OURS, rounds: [{ ms, cpuUs: 1, found: 0 }] }],
  });
  const idles = [idle("idle-alone", 1), idle("idle-beside", 4)];
  const reached = barsOf({ ...NO_TABLES, latencies, idles }).map((bar) => [bar.reached, isReached(bar)]);
  expect(reached).toEqual([
    [0.25, false],
    [1.5, true],
    [1, true],
  ]);
});

test("nothing measured, no bars", () => {
  expect(barsOf(NO_TABLES)).toEqual([]);
});
