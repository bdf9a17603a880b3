// The worker of a queue against a real Postgres, an agent and a WhatsApp on real sockets.
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createDatabase, type Database } from "../../src/db/database.ts";
import { completeQueueMessages } from "../../src/db/queue.ts";
import type { LaneHandler } from "../../src/handlers/handler.ts";
import { sendHandler } from "../../src/handlers/send.ts";
import { turnHandler } from "../../src/handlers/turn.ts";
import { QueueWorker, type QueueWorkerOptions } from "../../src/work/queue-worker.ts";
import { awayContext } from "../support/away.ts";
import { databaseOptions, describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { hang, json, says, startTestServer } from "../support/http-server.ts";
import { createWorld, type World } from "../support/world.ts";

/** A worker of the world's shard that nothing but a wake rouses; stopped behind the test. */
function workerOf(world: World, handler: LaneHandler, changes: Partial<QueueWorkerOptions> = {}): QueueWorker {
  const worker = new QueueWorker({
    handler,
    context: world.context,
    concurrency: 4,
    leaseSeconds: 30,
    pollSeconds: 300,
    shards: [world.shard],
    ...changes,
  });
  onTestFinished(() => worker.stop(0));
  return worker;
}

const readyOf = async (world: World, queue = "inbound") =>
  (await world.rows("select * from app.queue_ready where shard = $1 and queue = $2", queue))[0];
const turnsOf = (world: World) => world.rows("select * from app.turns where shard = $1 order by first_seq");
const repliesOf = (world: World) =>
  world.rows("select * from public.messages where shard = $1 and direction = 'out' order by position");

describeWithPostgres("QueueWorker", () => {
  const db = openTestDatabase();

  test("answers a turn and sends the answer, with one correlation id all the way", async () => {
    const world = await createWorld(db);
    await world.receives("Are you open?");
    workerOf(world, turnHandler).start();
    await eventually(async () => (await turnsOf(world))[0]?.status === "answered", "the turn is answered");
    workerOf(world, sendHandler).start();
    const [reply] = await eventually(async () => {
      const replies = await repliesOf(world);
      return replies[0]?.status === "SENT" && replies;
    }, "the reply is sent");

    const [asked] = world.agent.arrived;
    expect(world.agent.arrived).toHaveLength(1);
    expect(asked).toMatchObject({ path: "/turn", body: { messages: [{ text: "Are you open?" }] } });
    const [sent, ...more] = world.whatsapp.arrived.filter(({ body }) => body.type === "text");
    expect(more).toEqual([]);
    expect(sent?.body).toMatchObject({ to: "+15550100", text: { body: "Hello" } });
    expect(asked?.headers["x-correlation-id"]).toBe(reply.correlation_id);
    expect(sent?.headers["x-correlation-id"]).toBe(reply.correlation_id);
    expect(await readyOf(world)).toBeUndefined();
    expect(await readyOf(world, "outbound")).toBeUndefined();
  });

  test("gives what a handler throws a class, a code and ids, for the retry, and nothing of what it says", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    const handle = () =>
      Promise.reject(Object.assign(new Error("Maria wrote: my number is secret"), { code: "EPLAN" }));
    workerOf(world, { ...turnHandler, handle }).start();
    const line = await eventually(
      () => world.lines.find((one) => one.includes("work failed")),
      "the lane is given back",
    );
    const ready = await readyOf(world);
    expect(ready).toMatchObject({ tries: 1, leased_by: null });
    const [queued] = await world.rows("select correlation_id, payload from app.message_queue where shard = $1");
    expect(JSON.parse(line)).toMatchObject({
      outcome: "retry",
      correlationId: queued.correlation_id,
      error: { name: "WorkflowError", code: "EPLAN" },
      context: { operation: "queue.inbound", tenantId: world.tenantId, messageId: queued.payload.message_id },
    });
    expect(world.lines.join()).not.toContain("Maria");
  });

  test("buries what is malformed at once, with its reason", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    const handle = () =>
      Promise.resolve(z.object({ phone: z.number() }).parse({ phone: "Maria's" })).then(() => undefined);
    workerOf(world, { ...turnHandler, handle }).start();
    const [letter] = await eventually(async () => {
      const letters = await world.rows("select error from app.queue_dead_letter where shard = $1");
      return letters.length > 0 && letters;
    }, "it is a dead letter");
    expect(letter.error).toMatchObject({ name: "MessageProcessingError", code: "malformed", retryable: false });
    expect(JSON.stringify(letter.error)).not.toContain("Maria");
  });

  test("shows the customer that the message was read while the agent works", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    const marked = () => world.whatsapp.arrived.find(({ body }) => body.status === "read");
    world.agent.answer = async (response, request) => {
      await eventually(marked, "the message is marked as read");
      says("Hello")(response, request);
    };
    workerOf(world, turnHandler).start();
    await eventually(async () => (await turnsOf(world))[0]?.status === "answered", "the turn is answered");
    expect(marked()?.body).toMatchObject({ typing_indicator: { type: "text" } });
  });

  test("answers later what it could not answer because the agent was down", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    const { port } = world.agent;
    await world.agent.close();
    const worker = workerOf(world, turnHandler);
    worker.start();
    await eventually(async () => (await turnsOf(world))[0]?.error, "the turn has failed once");

    const agent = await startTestServer(says("Back again"), port);
    onTestFinished(() => agent.close());
    await eventually(async () => {
      await world.timePasses();
      worker.wake();
      return (await turnsOf(world))[0]?.status === "answered";
    }, "the turn is answered");
    expect((await repliesOf(world)).map(({ body }) => body)).toEqual(["Back again"]);
  });

  test("gives up an agent that answers garbage: dead letter with the reason, and a person is asked for", async () => {
    const world = await createWorld(db);
    world.agent.answer = json(200, { replies: "Hello 15550100" });
    await world.receives("Hi");
    const worker = workerOf(world, turnHandler);
    worker.start();
    await eventually(async () => (await turnsOf(world))[0]?.error, "the first try has failed");
    expect((await readyOf(world)).tries).toBe(1);

    await world.rows("update app.queue_ready set tries = 11, at = app.now() where shard = $1 and leased_by is null");
    worker.wake();
    const [letter] = await eventually(async () => {
      const letters = await world.rows("select * from app.queue_dead_letter where shard = $1");
      return letters.length > 0 && letters;
    }, "the dead letter");
    expect(letter).toMatchObject({ tries: 12, error: { code: "AGENT_INVALID_ANSWER" } });
    expect((await turnsOf(world))[0]).toMatchObject({ status: "failed" });
    const [conversation] = await world.rows("select * from public.conversations where shard = $1");
    expect(conversation.person_requested_at).not.toBeNull();
    expect(worker.stats).toMatchObject({ failed: 2, handled: 0 });
    expect(world.lines.join("\n")).not.toContain("15550100");
  });

  test("does not try again what the agent rightly refused", async () => {
    const world = await createWorld(db);
    world.agent.answer = json(404, {});
    await world.receives("Hi");
    workerOf(world, turnHandler).start();
    await eventually(async () => (await turnsOf(world))[0]?.status === "failed", "the turn has failed for good");
    expect(world.agent.arrived).toHaveLength(1);
  });

  test("gives its lanes back untouched when it stops", async () => {
    const world = await createWorld(db);
    world.agent.answer = hang;
    await world.receives("Hi");
    const worker = workerOf(world, turnHandler);
    worker.start();
    const asked = await eventually(() => world.agent.arrived[0], "the agent is asked");
    await worker.stop(0);
    expect(await readyOf(world)).toMatchObject({ leased_by: null, token: null, tries: 0 });
    expect(worker.stats).toMatchObject({ active: 0, handled: 0, failed: 0, heldBack: 1 });
    await eventually(asked.gone, "the agent's call is ended");

    world.agent.answer = says("Now");
    workerOf(world, turnHandler).start();
    await eventually(async () => (await turnsOf(world))[0]?.status === "answered", "another worker answers");
    expect(await turnsOf(world)).toHaveLength(1);
  });

  test("gives back what a claim under way still brings when it is told to stop", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    const claimed = Promise.withResolvers<void>();
    const stopping = Promise.withResolvers<void>();
    const slow: Database = {
      async query(text, values) {
        const result = await db.query(text, values);
        if (!text.includes("get_next_queue_message")) return result;
        claimed.resolve();
        await stopping.promise;
        return result;
      },
    };
    const worker = workerOf(world, turnHandler, { context: { ...world.context, db: slow } });
    worker.start();
    await claimed.promise;
    const stopped = worker.stop(20);
    stopping.resolve();
    await stopped;
    expect(world.agent.arrived).toEqual([]);
    expect(await readyOf(world)).toMatchObject({ leased_by: null, tries: 0 });
    expect(worker.stats).toMatchObject({ active: 0, heldBack: 1 });
  });

  test("lets work in hand finish within the grace", async () => {
    const world = await createWorld(db);
    world.agent.answer = hang;
    await world.receives("Hi");
    const worker = workerOf(world, turnHandler);
    let answerAgent = () => {};
    world.agent.answer = (response, request) => {
      answerAgent = () => says("Just in time")(response, request);
    };
    worker.start();
    await eventually(() => world.agent.arrived.length === 1, "the agent is asked");
    const stopped = worker.stop(20);
    answerAgent();
    await stopped;
    expect((await turnsOf(world))[0]).toMatchObject({ status: "answered" });
  });

  test("ends the handler and writes nothing when the lease is lost", async () => {
    const world = await createWorld(db);
    world.agent.answer = hang;
    await world.receives("Hi");
    const worker = workerOf(world, turnHandler, { leaseSeconds: 2 });
    worker.start();
    const asked = await eventually(() => world.agent.arrived[0], "the agent is asked");
    await world.rows(
      "update app.queue_ready set token = nextval('app.fencing_token'), leased_by = 'other', at = now() + interval '1 hour' where shard = $1",
    );
    await eventually(() => worker.stats.stale === 1, "the worker notices");
    await eventually(asked.gone, "the agent's call is ended");
    expect((await readyOf(world)).leased_by).toBe("other");
    expect((await turnsOf(world))[0]).toMatchObject({ status: "working", error: null });
    expect(worker.stats).toMatchObject({ active: 0, handled: 0, failed: 0 });
  });

  test("keeps the lease of a slow turn alive", async () => {
    const world = await createWorld(db);
    let answerAgent = () => {};
    world.agent.answer = (response, request) => {
      answerAgent = () => says("At last")(response, request);
    };
    await world.receives("Hi");
    const worker = workerOf(world, turnHandler, { leaseSeconds: 2 });
    worker.start();
    await eventually(() => world.agent.arrived.length === 1, "the agent is asked");
    const claimed: Date = (await readyOf(world)).at;
    for (const extension of ["first", "second", "third", "fourth"]) {
      const before = (await readyOf(world)).at;
      await eventually(async () => (await readyOf(world)).at > before, `the ${extension} extension`);
    }
    // Now the lease that was claimed first would have run out.
    expect(new Date((await readyOf(world)).at).getTime() - new Date(claimed).getTime()).toBeGreaterThan(2_000);
    answerAgent();
    await eventually(() => worker.stats.handled === 1, "the turn is answered");
    expect(worker.stats.stale).toBe(0);
    expect(world.agent.arrived).toHaveLength(1);
  });

  test("is roused by a wake, and sleeps until the next lane is due without one", async () => {
    const world = await createWorld(db);
    const worker = workerOf(world, turnHandler);
    worker.start();
    await world.receives("One");
    worker.wake();
    await eventually(() => worker.stats.handled === 1, "the wake");
    await world.rows(
      "update public.tenants set burst_quiet_ms = 300, burst_max_wait_ms = 300 where shard = $1 and id = $2",
      world.tenantId,
    );
    await world.receives("Two");
    worker.wake();
    await eventually(() => worker.stats.handled === 2, "the second turn, by the worker's own clock");
  });

  test("works more lanes than it has room and connections for, each conversation once", async () => {
    const narrow = createDatabase(databaseOptions(2));
    onTestFinished(() => narrow.end());
    const world = await createWorld(narrow);
    for (let customer = 0; customer < 24; customer += 1) await world.receives(`Hi ${customer}`, `1555${customer}`);
    const worker = workerOf(world, turnHandler, { concurrency: 16 });
    worker.start();
    await eventually(() => worker.stats.handled === 24, "24 turns");
    expect(world.agent.arrived).toHaveLength(24);
    expect(worker.stats).toMatchObject({ failed: 0, stale: 0 });
  });

  test("does not let a busy shard starve another", async () => {
    const busy = await createWorld(db);
    const quiet = await createWorld(db);
    for (let customer = 0; customer < 4; customer += 1) await busy.receives("Hi", `1555${customer}`);
    await quiet.receives("Hello?");
    const worked: number[] = [];
    const handler: LaneHandler = {
      ...turnHandler,
      async handle(lane) {
        worked.push(lane.shard);
        await completeQueueMessages(db, lane, lane.messages.at(-1)?.seq ?? 0);
      },
    };
    workerOf(busy, handler, { shards: [busy.shard, quiet.shard], concurrency: 1 }).start();
    await eventually(() => worked.length === 5, "all lanes are worked");
    expect(worked.indexOf(quiet.shard)).toBeLessThan(2);
  });

  test("survives a handler that cannot even give its lane back", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    const handler: LaneHandler = {
      ...turnHandler,
      handle: () => Promise.reject(new Error("broken")),
      fail: () => Promise.reject(new Error("broken too")),
    };
    const worker = workerOf(world, handler);
    worker.start();
    await eventually(() => world.lines.find((line) => line.includes("its lease will run out")), "the warning");
    expect(worker.stats).toMatchObject({ active: 0, failed: 1 });
    expect(await readyOf(world)).toMatchObject({ leased_by: "test worker", tries: 1 });
  });
});

describe("QueueWorker without Postgres", () => {
  test("goes on trying, and can be stopped meanwhile", async () => {
    const { context, lines } = awayContext();
    const worker = new QueueWorker({
      ...{ handler: turnHandler, context, concurrency: 1, leaseSeconds: 30, pollSeconds: 300, shards: [0] },
    });
    worker.start();
    await eventually(() => lines.filter((line) => line.includes("cannot claim work")).length === 2, "the second try");
    // News of work does not hurry it.
    worker.wake();
    await worker.stop(10);
    expect(lines.filter((line) => line.includes("cannot claim work"))).toHaveLength(2);
  });
});
