// The lease protocol over real connections: every order of small scripts keeps the promises, on the functions as they are;
// without a guard, some order breaks one.
import { afterAll, beforeAll, expect, test } from "vitest";
import { databaseUrl, describeWithPostgres } from "../../commons/test/support/database.ts";
import { LOCK_ORDER, LOST_WAKE_UP, LOST_WAKE_UP_OF_MANY, STALE_OWNER } from "../src/model/postgres/mutants.ts";
import { type Outcome, Scheduler } from "../src/model/postgres/scheduler.ts";
import { createScratch, type Mutant, type Scratch } from "../src/model/postgres/scratch.ts";
import { SCRIPTS } from "../src/model/postgres/scripts.ts";

/** At the same time: most of a schedule is waiting for answers. */
const SCHEDULERS = 3;

describeWithPostgres("sessions at the same time", () => {
  let scratch: Scratch;

  beforeAll(async () => {
    scratch = await createScratch(databaseUrl ?? "", "guarded");
  });
  afterAll(async () => {
    await scratch.drop();
  });

  test("keep every promise in every order", async () => {
    const outcomes = new Map<string, Outcome>();
    const scripts = SCRIPTS.values();
    await Promise.all(
      Array.from({ length: SCHEDULERS }, (_, number) =>
        withScheduler({ url: scratch.url, number }, async (scheduler) => {
          for (const script of scripts) outcomes.set(script.name, await scheduler.runAll(script));
        }),
      ),
    );
    for (const [name, { failure }] of outcomes)
      expect.soft([failure?.promise, ...(failure?.trace ?? [])].join("\n  "), name).toBe("");
    const total = (count: (outcome: Outcome) => number) =>
      [...outcomes.values()].reduce((sum, outcome) => sum + count(outcome), 0);
    const schedules = total((outcome) => outcome.schedules);
    const parked = total((outcome) => outcome.parked);
    console.log(
      `${schedules} schedules, ${total((outcome) => outcome.steps)} steps, ${parked} waits for another session`,
    );
    expect(schedules).toBeGreaterThan(500);
    expect(parked, "the schedules meet at locks").toBeGreaterThan(100);
  });

  test("lose a wake-up when a snapshot decides whether a lane runs empty", async () => {
    const failure = await firstFailure("wakeup", LOST_WAKE_UP, /^enqueue, and the complete/);
    expect(failure.promise).toMatch(/^nothing lost: no ready row/);
  });

  test("lose a wake-up when many lanes are idled without a look at their tails", async () => {
    const failure = await firstFailure("wakeupmany", LOST_WAKE_UP_OF_MANY, /complete of many that would idle/);
    expect(failure.promise).toMatch(/^nothing lost/);
  });

  test("let a stale owner write when the token is not checked", async () => {
    const failure = await firstFailure("stale", STALE_OWNER, /stale owner/);
    expect(failure.promise).toMatch(/^no stale token/);
  });

  test("deadlock when the ready row is locked before its lane", async () => {
    const failure = await firstFailure("order", LOCK_ORDER, /enqueue that moves its time/);
    expect(failure.promise).toMatch(/^no deadlock/);
  });
});

async function withScheduler(
  options: { readonly url: string; readonly number: number },
  work: (scheduler: Scheduler) => Promise<void>,
): Promise<void> {
  const scheduler = new Scheduler(options.url, options.number);
  await scheduler.connect();
  try {
    await work(scheduler);
  } finally {
    await scheduler.end();
  }
}

/** The first schedule of these scripts that breaks a promise without these guards, in a database of its own. */
async function firstFailure(
  name: string,
  mutants: readonly Mutant[],
  scripts: RegExp,
): Promise<NonNullable<Outcome["failure"]>> {
  const scratch = await createScratch(databaseUrl ?? "", name);
  try {
    await scratch.mutate(mutants);
    let failure: Outcome["failure"];
    await withScheduler({ url: scratch.url, number: 0 }, async (scheduler) => {
      for (const script of SCRIPTS.filter((one) => scripts.test(one.name))) {
        failure = (await scheduler.runAll(script)).failure;
        if (failure !== undefined) break;
      }
    });
    if (failure === undefined) throw new Error("Nobody missed the guard.");
    console.log([`${name}: ${failure.promise}`, ...failure.trace].join("\n  "));
    return failure;
  } finally {
    await scratch.drop();
  }
}
