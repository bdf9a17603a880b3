// Which turns are looked at, how often, and what becomes of an answer.
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Database } from "../../src/db/database.ts";
import type { ClaimedLane } from "../../src/db/queue.ts";
import { TurnWatch } from "../../src/handlers/turn-watch.ts";
import { createLogger } from "../../src/log.ts";

const laneOf = (laneId: string, shard = 0): ClaimedLane => ({
  ...{
    shard,
    queue: "inbound",
    laneId,
    token: 1,
    tries: 1,
    tenantId: "t",
    leaseSeconds: 30,
    since: null,
    messages: [],
  },
});

/** A watch over a Postgres that says that these lanes are superseded, and the parameters of every look. */
function watchOver(superseded: readonly string[] | Error) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const looks: unknown[][] = [];
  const lines: string[] = [];
  const db: Database = {
    query: async (_text, values) => {
      looks.push([...values]);
      if (superseded instanceof Error) throw superseded;
      return { rows: superseded.map((lane_id) => ({ lane_id })) };
    },
  };
  const watch = new TurnWatch(db, { log: createLogger("test", "debug", (line) => lines.push(line)) });
  return { watch, looks, lines };
}

describe("TurnWatch", () => {
  test("looks once a second for all turns in hand, and ends those that are superseded", async () => {
    const { watch, looks } = watchOver(["b"]);
    const [a, b] = [watch.begin(laneOf("a"), 3), watch.begin(laneOf("b"), 5)];
    await vi.advanceTimersByTimeAsync(999);
    expect(looks).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    const turns = [
      { lane_id: "a", upto: 3 },
      { lane_id: "b", upto: 5 },
    ];
    expect(looks).toEqual([[0, JSON.stringify(turns)]]);
    expect([a.signal.aborted, b.signal.aborted]).toEqual([false, true]);
    b.end();
    await vi.advanceTimersByTimeAsync(1000);
    expect(looks).toHaveLength(2);
  });

  test("asks each shard for its own", async () => {
    const { watch, looks } = watchOver([]);
    for (const shard of [0, 1]) watch.begin(laneOf("a", shard), 1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(looks.map(([shard]) => shard)).toEqual([0, 1]);
  });

  test("does not look when nothing is in hand, and again when something is", async () => {
    const { watch, looks } = watchOver([]);
    watch.begin(laneOf("a"), 1).end();
    await vi.advanceTimersByTimeAsync(5000);
    expect(looks).toEqual([]);
    watch.begin(laneOf("a"), 2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(looks).toHaveLength(1);
  });

  test("a Postgres that is away ends nothing", async () => {
    const { watch, looks, lines } = watchOver(new Error("away"));
    const turn = watch.begin(laneOf("a"), 1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(looks).toHaveLength(2);
    expect(turn.signal.aborted).toBe(false);
    expect(lines.join()).toContain("could not look for superseded turns");
  });
});
