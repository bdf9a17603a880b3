// One run of the queue-worker function against a real Postgres.
import { describe, expect, test } from "vitest";
import { DatabaseUnavailableError } from "../../src/errors.ts";
import { laneHandlers } from "../../src/handlers/index.ts";
import type { WorkContext } from "../../src/work/context.ts";
import { type DrainLimits, drainQueues } from "../../src/work/drain.ts";
import { awayContext } from "../support/away.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { hang, says } from "../support/http-server.ts";
import { createWorld, type World } from "../support/world.ts";

const sentTexts = (world: World) =>
  world.whatsapp.arrived.filter(({ body }) => body.type === "text").map(({ body }) => body.text.body);

/** Drains the world's shard. */
function drain(
  { context, shard }: Pick<World, "context" | "shard">,
  limits: Partial<DrainLimits> & { seconds: number },
) {
  // SAFETY: a drain reads these settings only.
  const settings = { QUEUE_CONCURRENCY: 4, QUEUE_LEASE_SECONDS: 30 } as WorkContext["settings"];
  const work = { ...context, settings, shards: [shard], close: () => Promise.resolve() };
  return drainQueues(laneHandlers, work, {
    deadline: new Date(Date.now() + limits.seconds * 1000),
    graceSeconds: limits.graceSeconds ?? 20,
  });
}

describeWithPostgres("drainQueues", () => {
  const db = openTestDatabase();

  test("ends at once when there is nothing to do", async () => {
    const world = await createWorld(db);
    expect(await drain(world, { seconds: 300 })).toEqual({ handled: 0, failed: 0 });
  });

  test("answers and sends, and ends when nothing is left", async () => {
    const world = await createWorld(db);
    for (const customer of ["15550100", "15550101", "15550102"]) await world.receives("Hi", customer);
    expect(await drain(world, { seconds: 300 })).toEqual({ handled: 6, failed: 0 });
    expect(sentTexts(world)).toEqual(["Hello", "Hello", "Hello"]);
  });

  test("waits for a lane that is due before the deadline", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    await world.rows("update app.queue_ready set at = now() + interval '300 ms' where shard = $1");
    expect(await drain(world, { seconds: 300 })).toEqual({ handled: 2, failed: 0 });
  });

  test("does not wait for a lane that is due after the deadline", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    await world.rows("update app.queue_ready set at = now() + interval '1 hour' where shard = $1");
    expect(await drain(world, { seconds: 60 })).toEqual({ handled: 0, failed: 0 });
  });

  test("sends the answer of one customer while another's agent is still at work, and sees what comes meanwhile", async () => {
    const world = await createWorld(db);
    world.agent.answer = (response, request) => {
      const [message] = request.body.messages;
      if (message.text !== "slow") return says("quick answer")(response, request);
      // Answers only when the quick answers have left.
      void eventually(() => sentTexts(world).length === 2, "the quick answers").then(() =>
        says("slow answer")(response, request),
      );
    };
    await world.receives("slow", "15550100");
    await world.receives("quick", "15550101");
    const drained = drain(world, { seconds: 300 });
    await eventually(() => sentTexts(world).length === 1, "the first quick answer");
    await world.receives("quick", "15550102");
    expect(await drained).toEqual({ handled: 6, failed: 0 });
    expect(sentTexts(world)).toEqual(["quick answer", "quick answer", "slow answer"]);
  });

  test("gives back what is not done when time is up", async () => {
    const world = await createWorld(db);
    world.agent.answer = hang;
    await world.receives("Hi");
    expect(await drain(world, { seconds: 1, graceSeconds: 0 })).toEqual({ handled: 0, failed: 0 });
    expect(await world.rows("select leased_by, tries from app.queue_ready where shard = $1")).toEqual([
      { leased_by: null, tries: 0 },
    ]);
  });
});

describe("drainQueues without Postgres", () => {
  test("says so", async () => {
    const { context } = awayContext();
    // SAFETY: nothing of it is used before the first claim fails.
    const world = { context, shard: 0 } as unknown as Pick<World, "context" | "shard">;
    await expect(drain(world, { seconds: 60 })).rejects.toBeInstanceOf(DatabaseUnavailableError);
  });
});
