// The history checker: right histories pass, and each property is shown to be able to fail, by a history written by hand
// and by right histories with one thing changed.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkHistory } from "../src/history/check.ts";
import { fateOf } from "../src/history/fate.ts";
import type { History, LaneEvent, Note, Property } from "../src/history/history.ts";
import { planChaos } from "../src/history/plan.ts";
import { withEvent } from "../src/history/witness.ts";
import { DOOMED, type Move, Tale } from "./history-tale.ts";

/** The properties that a history violates. */
function violated(history: History): Property[] {
  return [...new Set(checkHistory(history).violations.map(({ property }) => property))];
}

/** A right history to take apart: one message completed, one dead after its tries, one completed behind it. */
function tale(): Tale {
  return new Tale()
    .enqueue("a", 1)
    .enqueue("a", DOOMED)
    .enqueue("a", 3)
    .claim("a")
    .complete("a", 1)
    .fail("a")
    .claim("a")
    .fail("a")
    .claim("a")
    .complete("a", 1);
}

describe("a right history", () => {
  test("passes", () => {
    const verdict = checkHistory(tale().history());
    expect(verdict).toEqual({ violations: [], completed: 2, dead: 1, takenOver: 0 });
  });

  test("a lease that ran out is taken over, and its late worker refused", () => {
    const history = new Tale()
      .enqueue("a", 1)
      .claim("a")
      .wait(20)
      .claim("a")
      .refused("a", 1)
      .complete("a", 1)
      .history();
    expect(checkHistory(history)).toMatchObject({ violations: [], completed: 1, takenOver: 1 });
  });

  test("a lease that ran out and was not taken over still counts", () => {
    expect(violated(new Tale().enqueue("a", 1).claim("a").wait(20).complete("a", 1).history())).toEqual([]);
  });

  test("a lost worker's try counts: the message may have more tries than its limit", () => {
    const story = new Tale().enqueue("a", DOOMED).claim("a").fail("a").claim("a").wait(20).claim("a").fail("a");
    expect(violated(story.history())).toEqual([]);
  });

  test("a retry has waited when it is claimed: a clock set back afterwards makes no claim too early", () => {
    const story = new Tale().wait(1000).enqueue("a", DOOMED).claim("a").fail("a").claim("a");
    story.wait(-500).extend("a").wait(20).claim("a").fail("a");
    expect(violated(story.history())).toEqual([]);
  });
});

describe("each property can fail", () => {
  const cases: readonly (readonly [string, Property, (story: Tale) => unknown])[] = [
    [
      "kept: acknowledged and not there",
      "kept",
      (s) => s.enqueue("a", 1).claim("a").complete("a", 1).acknowledged("a"),
    ],
    ["kept: rolled back and there", "kept", (s) => s.enqueue("a", 1, "rollback").claim("a").complete("a", 1)],
    ["lost: never claimed", "lost", (s) => s.enqueue("a", 1)],
    ["lost: a lease at the end", "lost", (s) => s.enqueue("a", 1).claim("a")],
    [
      "lost: completed and never handed out",
      "lost",
      (s) => s.enqueue("a", 1).claim("a").enqueue("a", 3).complete("a", 2),
    ],
    [
      "lost: completed and never handled",
      "lost",
      (s) => s.enqueue("a", 1).claim("a", { silent: true }).complete("a", 1),
    ],
    [
      "blocked: behind a dead message",
      "blocked",
      (s) => s.enqueue("a", DOOMED).enqueue("a", 3).claim("a").fail("a").claim("a").fail("a"),
    ],
    ["twice: handed out again", "twice", (s) => s.enqueue("a", 1).claim("a").complete("a", 1).claim("a", { from: 1 })],
    ["order: a message passed over", "order", (s) => s.enqueue("a", 1).enqueue("a", 3).claim("a", { from: 2 })],
    ["order: numbers with a gap", "order", (s) => s.enqueue("a", 1).skip("a").enqueue("a", 3)],
    [
      "order: handlers begin out of order",
      "order",
      (s) => s.enqueue("a", 1).enqueue("a", 3).claim("a", { turned: true }).complete("a", 2),
    ],
    ["lease: claimed while it is held", "lease", (s) => s.enqueue("a", 1).claim("a").wait(7).claim("a")],
    [
      "lease: claimed though it was extended",
      "lease",
      (s) => s.enqueue("a", 1).claim("a").wait(7).extend("a").wait(7).claim("a"),
    ],
    [
      "fence: an old token accepted",
      "fence",
      (s) => s.enqueue("a", 1).claim("a").wait(20).claim("a").complete("a", 1, 1),
    ],
    [
      "fence: a write accepted after the lane was given back",
      "fence",
      (s) => s.enqueue("a", 1).claim("a").complete("a", 1).extend("a", 1),
    ],
    ["fence: a live token refused", "fence", (s) => s.enqueue("a", 1).claim("a").refused("a", 1)],
    [
      "limit: dead before its last try",
      "limit",
      (s) => s.enqueue("a", DOOMED).claim("a").fail("a", { outcome: "dead" }),
    ],
    [
      "limit: tried on after its last try",
      "limit",
      (s) => s.enqueue("a", DOOMED).claim("a").fail("a").claim("a").fail("a", { outcome: "retry" }),
    ],
    ["limit: tried too early", "limit", (s) => s.enqueue("a", DOOMED).claim("a").fail("a", { early: true }).claim("a")],
    ["limit: what always fails was completed", "limit", (s) => s.enqueue("a", DOOMED).claim("a").complete("a", 1)],
    ["limit: what works died", "limit", (s) => s.enqueue("a", 1).claim("a").fail("a").claim("a").fail("a")],
    [
      "limit: another reason",
      "limit",
      (s) => s.enqueue("a", DOOMED).claim("a").fail("a").claim("a").fail("a", { reason: "something else" }),
    ],
    [
      "limit: no dead letter",
      "limit",
      (s) => s.enqueue("a", DOOMED).claim("a").fail("a").claim("a").fail("a", { reason: undefined }),
    ],
    ["witness: an event without a call", "witness", (s) => s.enqueue("a", 1).claim("a").complete("a", 1).forget()],
  ];
  test.each(cases)("%s", (_, property, tell) => {
    const story = new Tale();
    tell(story);
    expect(violated(story.history())).toContain(property);
  });
});

const move: fc.Arbitrary<Move> = fc.record({
  lane: fc.constantFrom("a", "b", "c"),
  act: fc.oneof(
    { weight: 4, arbitrary: fc.constant("enqueue" as const) },
    { weight: 4, arbitrary: fc.constant("claim" as const) },
    { weight: 4, arbitrary: fc.constant("complete" as const) },
    { weight: 1, arbitrary: fc.constantFrom("fail" as const, "hold" as const, "extend" as const, "wait" as const) },
  ),
  size: fc.nat({ max: 3 }),
});
const story = fc.array(move, { minLength: 1, maxLength: 60 }).map((moves) => Tale.of(moves).history());

describe("whatever happens", () => {
  test("a right history passes", () => {
    fc.assert(
      fc.property(story, (history) => {
        expect(checkHistory(history).violations).toEqual([]);
      }),
    );
  });

  /** Changes one event of some kind; undefined: the history has none. */
  const spoilt = (kind: LaneEvent["kind"], pick: number, change: (event: LaneEvent) => LaneEvent[]) =>
    story.map((history): History | undefined => {
      const some = history.events.filter((event) => event.kind === kind);
      const chosen = some[pick % Math.max(some.length, 1)];
      if (chosen === undefined) return undefined;
      return { ...history, events: history.events.flatMap((event) => (event === chosen ? change(event) : [event])) };
    });

  const changes: readonly (readonly [string, LaneEvent["kind"], (event: LaneEvent) => LaneEvent[]])[] = [
    ["an enqueue missing", "enqueue", () => []],
    ["an enqueue twice", "enqueue", (event) => [event, event]],
    ["a claim missing", "claim", () => []],
    ["a claim twice", "claim", (event) => [event, event]],
    ["a completion missing", "complete", () => []],
    ["a completion twice", "complete", (event) => [event, event]],
    // SAFETY: a completion has a token.
    ["a completion with another token", "complete", (event) => [{ ...event, token: 1_000_000 } as LaneEvent]],
    ["a failure twice", "retry", (event) => [event, event]],
  ];
  test.each(changes)("%s is seen", (_, kind, change) => {
    fc.assert(
      fc.property(
        fc.nat({ max: 50 }).chain((pick) => spoilt(kind, pick, change)),
        (history) => {
          fc.pre(history !== undefined);
          expect(checkHistory(history as History).violations).not.toEqual([]); // SAFETY: the line above
        },
      ),
    );
  });

  test("an acknowledged write that Postgres lost is seen, in whatever lane", () => {
    fc.assert(
      fc.property(story, fc.nat(), (history, pick) => {
        const chosen = history.events[pick % Math.max(history.events.length, 1)];
        fc.pre(chosen !== undefined);
        const events = history.events.filter((event) => event !== chosen);
        expect(violated({ ...history, events })).toContain("kept");
      }),
    );
  });
});

describe("the plan", () => {
  const options = { seed: 5, seconds: 60, workers: 4, leaseSeconds: 2 };

  test("is the same for the same seed, and another for another", () => {
    expect(planChaos(options)).toEqual(planChaos(options));
    expect(planChaos({ ...options, seed: 6 })).not.toEqual(planChaos(options));
  });

  test("crashes Postgres once, in the middle, and does everything else", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const plan = planChaos({ ...options, seed, seconds: 300 });
        const crashes = plan.filter(({ what }) => what === "crash");
        expect(crashes).toHaveLength(1);
        expect(crashes[0]?.atMs).toBeGreaterThan(100_000);
        expect(crashes[0]?.atMs).toBeLessThan(200_000);
        expect(new Set(plan.map(({ what }) => what)).size).toBe(6);
      }),
    );
  });

  test("some messages fail always, some for a while, most never", () => {
    const fates = Array.from({ length: 10_000 }, (_, id) => fateOf(1, id, 2).failures);
    const share = (fits: (failures: number) => boolean) => fates.filter(fits).length / fates.length;
    expect(share((failures) => failures === Number.POSITIVE_INFINITY)).toBeCloseTo(0.01, 2);
    expect(share((failures) => failures > 0 && failures < 4)).toBeCloseTo(0.03, 2);
  });
});

describe("the witness", () => {
  test("leaves the engine's statement as it is and writes the event beside it", () => {
    const call =
      "select * from app.complete_queue_messages(p_shard => $1, p_lane_id => $2, p_token => $3, p_upto => $4)";
    const statement = withEvent(call, 4);
    expect(statement?.text).toContain(`with r as materialized (${call})`);
    expect(statement?.text).toContain("$5::text, $6::bigint, 'complete', $2");
  });

  test("passes on what is no part of a history, and refuses a call that it cannot record", () => {
    expect(withEvent("select * from app.next_queue_at(p_shard => $1)", 1)).toBeUndefined();
    expect(() => withEvent("select * from app.hold_lane(p_lane_id => $1)", 1)).toThrow("p_token");
  });
});

test("a note cut off by a kill changes nothing but what it would have said", () => {
  const history = tale().history();
  const notes: Note[] = history.notes.filter(({ note }) => note !== "reply");
  expect(violated({ ...history, notes })).toEqual([]);
});
