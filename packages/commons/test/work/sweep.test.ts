// The sweeper, and scheduled work, against a real Postgres.
import { expect, onTestFinished, test, vi } from "vitest";
import { WEBHOOK_CONFIG } from "../../src/config.ts";
import { completeQueueMessages } from "../../src/db/queue.ts";
import { enqueueMessages } from "../../src/db/queue-admin.ts";
import { resign, setRetention } from "../../src/db/sweeping.ts";
import type { LaneHandler } from "../../src/handlers/handler.ts";
import { QueueWorker } from "../../src/work/queue-worker.ts";
import { sweep } from "../../src/work/sweep.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { createWorld } from "../support/world.ts";

describeWithPostgres("sweep", () => {
  const db = openTestDatabase();

  test("heals a lane that is marked ready without a message; only the leader sweeps", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    await world.rows("delete from app.message_queue where shard = $1");
    await world.timePasses();
    const common = { shards: [world.shard], log: world.context.log, job: `sweep ${world.tenantId}`, leaseSeconds: 300 };
    const [one, two] = [
      { ...common, worker: "one" },
      { ...common, worker: "two" },
    ];
    expect((await Promise.all([sweep(db, one), sweep(db, two)])).sort()).toEqual([false, true]);
    expect(await world.rows("select * from app.queue_ready where shard = $1")).toEqual([]);
    expect(world.lines.filter((line) => line.includes("lanes were healed"))).toHaveLength(1);
    expect((await Promise.all([sweep(db, one), sweep(db, two)])).sort()).toEqual([false, true]);
    await Promise.all([resign(db, one), resign(db, two)]);
  });

  test("keeps the ids of what came for as long as it is told to", async () => {
    const world = await createWorld(db);
    const job = `sweep ${world.tenantId}`;
    const options = { shards: [world.shard], log: world.context.log, job, leaseSeconds: 300, worker: "one" };
    const keep = async () =>
      (await db.query("select keep::text from app.retention where what = 'processed_messages'", [])).rows;
    const before = await keep();
    await sweep(db, options);
    expect(await keep()).toEqual(before);
    const told = vi.spyOn(WEBHOOK_CONFIG, "dedupe", "get").mockReturnValue({ keepDays: 31 });
    await sweep(db, options);
    told.mockRestore();
    expect(await keep()).toEqual([{ keep: "31 days" }]);
    await setRetention(db, "processed_messages", 30);
    await resign(db, options);
  });

  test("goes on until nothing is left", async () => {
    const world = await createWorld(db);
    await world.rows(`insert into app.leases (shard, kind, key, owner, token, acquired_at, expires_at)
      select $1, 'message', 'lock ' || n, 'w', n, app.now(), app.now() from generate_series(1, 2500) as n`);
    const options = {
      shards: [world.shard],
      log: world.context.log,
      job: `sweep ${world.tenantId}`,
      leaseSeconds: 300,
    };
    expect(await sweep(db, { ...options, worker: "one" })).toBe(true);
    expect(await world.rows("select * from app.leases where shard = $1")).toEqual([]);
    await resign(db, { ...options, worker: "one" });
  });
});

describeWithPostgres("scheduled work", () => {
  const db = openTestDatabase();

  test("is done when its time has come, and not before", async () => {
    const world = await createWorld(db);
    const done: number[] = [];
    const handler: LaneHandler = {
      queue: "webhook",
      perLane: 10,
      handle: async (lane, context) => {
        for (const { payload } of lane.messages) done.push(Number((payload as { n: number }).n));
        await completeQueueMessages(context.db, lane, lane.messages.at(-1)?.seq ?? 0);
      },
      fail: async () => "dead",
    };
    const work = {
      laneId: crypto.randomUUID(),
      tenantId: world.tenantId,
      kind: "test",
      correlationId: "scheduled-work",
    };
    const at = (seconds: number) => new Date(Date.now() + seconds * 1000);
    await enqueueMessages(db, world.shard, "webhook", [
      { ...work, payload: { n: 2 }, runAt: at(0.2) },
      { ...work, payload: { n: 1 }, runAt: at(0.1) },
      { ...work, payload: { n: 3 }, runAt: at(3600) },
    ]);
    const options = { handler, context: world.context, concurrency: 4, leaseSeconds: 30, pollSeconds: 300 };
    const worker = new QueueWorker({ ...options, shards: [world.shard] });
    onTestFinished(() => worker.stop(0));
    worker.start();
    await eventually(() => done.length === 2, "what is due is done");
    expect(done).toEqual([1, 2]);
  });
});
