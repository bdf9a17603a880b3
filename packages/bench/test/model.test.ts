// The lease protocol, model-checked: every order of steps in a small world; and without each of its guards, a way to harm.
import { expect, test } from "vitest";
import { MUTANT_WORLD, TEST_WORLDS } from "../src/model/bounds.ts";
import { type Exploration, explore } from "../src/model/explore.ts";
import { leaseProtocol } from "../src/model/lease-protocol.ts";
import { ALL_GUARDS, type Guards } from "../src/model/rules.ts";

for (const [name, bounds] of Object.entries(TEST_WORLDS)) {
  test(`every promise holds in every state of a world with ${name}`, () => {
    const found = explore(leaseProtocol({ ...bounds, guards: ALL_GUARDS }));
    console.log(`model, ${name}: ${found.states} states, ${found.steps} steps, depth ${found.depth}`);
    expect(found.counterexample).toBeUndefined();
    expect(found.goals).toBeGreaterThan(0);
    expect(found.states, "the model has not lost its steps").toBeGreaterThan(20_000);
  });
}

test("a lost wake-up is found when a snapshot decides whether a lane runs empty", () => {
  const found = without("tailUnderLock");
  expect(found.promise).toMatch(/^nothing lost: no ready row/);
  expect(found.trace.at(-1)).toMatch(/^worker \d: commits: complete/);
});

test("a stale owner is found when the token is not checked", () => {
  const found = without("tokenChecked");
  expect(found.promise).toMatch(/^no stale token/);
  expect(found.trace.join("\n")).toContain("the lease of lane 0 ends");
});

test("a deadlock is found when the ready row is locked before its lane", () => {
  expect(without("laneLockedFirst", { pushesBack: true }).promise).toMatch(/^no deadlock/);
});

test("a second owner is found when a claim does not look again under the lock", () => {
  expect(without("dueRechecked").promise).toMatch(/^one owner at a time/);
});

test("a claim of nothing is found when the messages are read with the snapshot from before the lock", () => {
  expect(without("readAfterLock").promise).toMatch(/^a claim brings the head/);
});

test("a dead worker's lane is found to be stuck when a lease that ended is not claimable", () => {
  const found = without("endedLeaseIsDue");
  expect(found.promise).toBe("everything can still come to its end");
  expect(found.trace.at(-1)).toMatch(/crashes|dies/);
});

/** What the checker finds when a guard is missing. */
function without(guard: keyof Guards, world = {}): NonNullable<Exploration["counterexample"]> {
  const guards: Guards = { ...ALL_GUARDS, [guard]: false };
  const { counterexample } = explore(leaseProtocol({ ...MUTANT_WORLD, ...world, guards }));
  if (counterexample === undefined) throw new Error(`Nobody missed the guard ${guard}.`);
  console.log([`without ${guard}: ${counterexample.promise}`, ...counterexample.trace].join("\n  "));
  return counterexample;
}
