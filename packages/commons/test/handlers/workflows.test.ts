// Workflows through the handler of turns: the worker dies at each point of a turn, and the customer is asked once.
import { expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { type ClaimedLane, getNextQueueMessage } from "../../src/db/queue.ts";
import { promoteScheduled } from "../../src/db/queue-admin.ts";
import { configureTenant } from "../../src/db/tenancy.ts";
import { StaleLeaseError } from "../../src/errors.ts";
import { turnHandler } from "../../src/handlers/turn.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { type Answer, hang, json } from "../support/http-server.ts";
import { createWorld, type World } from "../support/world.ts";

/** An agent that counts: each turn is one more step of the workflow, and the question names it. */
const counting: Answer = (response, request) => {
  const [open] = request.body.workflows;
  const version = open?.version ?? 0;
  const timer = open?.timer ?? "none";
  const step = {
    id: open?.id ?? request.body.turnId,
    name: "count",
    version,
    step: `step ${version + 1}`,
    status: timer === "timeout" ? "timed_out" : "waiting",
    state: { heard: request.body.messages.map(({ text }: { text: string }) => text) },
    ...(timer === "timeout" ? {} : { waitSeconds: 600 }),
  };
  const text = timer === "timeout" ? "too late" : `question ${version + 1}`;
  return json(200, { replies: [{ type: "text", text }], workflows: [step] })(response, request);
};

async function claimLane({ context, shard }: World): Promise<ClaimedLane> {
  const options = { worker: "test worker", lanes: 1, perLane: 50, leaseSeconds: 30 };
  const [lane] = await getNextQueueMessage(context.db, shard, "inbound", options);
  if (lane === undefined) throw new Error("no lane is claimable");
  return lane;
}

async function work(world: World, db: Database = world.context.db): Promise<void> {
  await turnHandler.handle(await claimLane(world), { ...world.context, db }, new AbortController().signal);
}

/** A database that keeps back a call of this function: the worker stands still there. `go` lets it on. */
function stopsAt(db: Database, name: string): { db: Database; stopped: Promise<void>; go: () => void } {
  let go = () => {};
  const free = new Promise<void>((resolve) => {
    go = resolve;
  });
  let reach = () => {};
  const stopped = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const query: Database["query"] = async (text, values) => {
    if (text.includes(`app.${name}(`)) {
      reach();
      await free;
    }
    return await db.query(text, values);
  };
  return { db: { query }, stopped, go };
}

const questions = async (world: World) =>
  (await world.rows("select body from public.messages where shard = $1 and direction = 'out' order by position")).map(
    ({ body }) => body,
  );
const steps = async (world: World) =>
  await world.rows(
    "select s.version, s.step, s.state ->> 'heard' as heard from app.workflow_steps s where shard = $1 order by s.version",
  );

describeWithPostgres("a workflow, turn by turn", () => {
  const db = openTestDatabase();

  test("goes on where it was committed, with what the customer wrote", async () => {
    const world = await createWorld(db);
    world.agent.answer = counting;
    for (const text of ["one", "two", "three"]) {
      await world.receives(text);
      await work(world);
    }
    expect(await questions(world)).toEqual(["question 1", "question 2", "question 3"]);
    expect(await steps(world)).toEqual([
      { version: 1, step: "step 1", heard: '["one"]' },
      { version: 2, step: "step 2", heard: '["two"]' },
      { version: 3, step: "step 3", heard: '["three"]' },
    ]);
    expect(world.agent.arrived.map(({ body }) => body.workflows[0]?.version)).toEqual([undefined, 1, 2]);
  });

  test.each([
    ["before it knows the turn", "start_turn"],
    ["when the agent has answered and nothing is stored yet", "complete_turn"],
  ])("asks once when the worker dies %s", async (_when, place) => {
    const world = await createWorld(db);
    world.agent.answer = counting;
    await world.receives("one");
    await work(world);
    await world.receives("two");
    const stop = stopsAt(db, place);
    const first = work(world, stop.db).catch((error) => error);
    await stop.stopped;

    await world.timePasses(); // its lease has run out
    await work(world);
    const asked = world.agent.arrived.length;
    expect(await questions(world)).toEqual(["question 1", "question 2"]);
    stop.go(); // the dead one was only asleep
    expect(await first).toBeInstanceOf(StaleLeaseError);
    expect(await questions(world)).toEqual(["question 1", "question 2"]);
    expect((await steps(world)).map(({ version }) => version)).toEqual([1, 2]);
    if (place === "complete_turn") {
      const [one, two] = world.agent.arrived.slice(asked - 2).map(({ body }) => body);
      expect(two).toEqual(one); // the same question for the same turn, with the same workflow
    }
  });

  test("asks once when the worker dies after everything was stored", async () => {
    const world = await createWorld(db);
    world.agent.answer = counting;
    await world.receives("one");
    const query: Database["query"] = async (text, values) => {
      const result = await db.query(text, values);
      if (text.includes("app.complete_turn(")) throw new Error("the worker is gone");
      return result;
    };
    await expect(work(world, { query })).rejects.toThrow("gone");
    await world.timePasses();
    await expect(claimLane(world)).rejects.toThrow("no lane is claimable");
    expect(await questions(world)).toEqual(["question 1"]);
  });

  test("starts a step anew with both messages when the customer corrects themselves meanwhile", async () => {
    const world = await createWorld(db);
    const settings = { burstQuietMs: 0, burstLongQuietMs: 0, burstMaxWaitMs: 300_000 };
    await configureTenant(db, world.shard, world.tenantId, settings);
    world.agent.answer = counting;
    await world.receives("one");
    await work(world);
    world.agent.answer = hang;
    await world.receives("two");
    const working = work(world);
    await eventually(() => world.agent.arrived.length === 2, "the agent is asked");
    await world.receives("no, three");
    await working;
    expect((await steps(world)).map(({ version }) => version)).toEqual([1]);
    world.agent.answer = counting;
    await world.timePasses();
    await work(world);
    expect(await questions(world)).toEqual(["question 1", "question 2"]);
    expect((await steps(world)).at(-1)).toMatchObject({ version: 2, heard: '["two", "no, three"]' });
  });

  test("ends when its time is over, in a turn without a message", async () => {
    const world = await createWorld(db);
    world.agent.answer = counting;
    await world.receives("one");
    await work(world);
    await world.rows("update app.queue_scheduled set run_at = now() where shard = $1");
    await promoteScheduled(db, world.shard);
    await work(world);
    expect(world.agent.arrived.at(-1)?.body).toMatchObject({
      messages: [],
      workflows: [{ timer: "timeout", version: 1 }],
    });
    expect(await questions(world)).toEqual(["question 1", "too late"]);
    expect(await world.rows("select status from app.workflow_states where shard = $1")).toEqual([
      { status: "timed_out" },
    ]);
  });
});
