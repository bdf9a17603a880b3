// From events to one call of the engine, against a real Postgres.
import { expect, test } from "vitest";
import { configureTenant } from "../../src/db/tenancy.ts";
import type { InboundEvent } from "../../src/events.ts";
import { ingest, sendingAlerts } from "../../src/work/ingest.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { createWorld, type World } from "../support/world.ts";

/** A message, or what a test makes of it. */
function messageEvent(world: World, key: string, changes: Partial<InboundEvent> = {}): InboundEvent {
  // SAFETY: the tests change what an event of its kind has.
  return {
    kind: "message",
    key: `${world.externalId}:${key}`,
    account: world.externalId,
    occurredAt: "2026-11-20T10:00:00Z",
    raw: { key },
    wakesAgent: true,
    from: { identities: [{ kind: "phone", value: "15550100" }] },
    message: { id: `wamid.${world.externalId}.${key}`, type: "text", text: key, content: {} },
    ...changes,
  } as InboundEvent;
}

describeWithPostgres("ingest", () => {
  const db = openTestDatabase();

  test("takes a batch once, each event under a correlation id of its own", async () => {
    const world = await createWorld(db);
    const events = ["one", "two"].map((key) => messageEvent(world, key));
    expect(await ingest(db, "cloud_api", events, "corr-batch")).toMatchObject({ stored: 2, duplicates: 0, failed: 0 });
    expect(await ingest(db, "cloud_api", events, "corr-again")).toMatchObject({
      stored: 0,
      duplicates: 2,
      wake: expect.any(Boolean),
    });
    const stored = await world.rows(
      "select body, correlation_id from public.messages where shard = $1 order by position",
    );
    expect(stored).toEqual([
      { body: "one", correlation_id: "corr-batch.1" },
      { body: "two", correlation_id: "corr-batch.2" },
    ]);
  });

  test("tells of failures that stop an account, once each", () => {
    const failed = (kind: string, code: number, account = "1") =>
      // SAFETY: a status with what is read of it.
      ({
        kind: "status",
        status: "failed",
        account,
        error: { code, title: "", class: kind },
      }) as unknown as InboundEvent;
    const events = [failed("never", 131026), failed("stop_channel", 131042), failed("stop_channel", 131042)];
    expect(sendingAlerts([...events, failed("pause_number", 131048, "2")])).toEqual([
      { externalId: "1", class: "stop_channel", code: 131042 },
      { externalId: "2", class: "pause_number", code: 131048 },
    ]);
  });

  test("takes an empty batch", async () => {
    expect(await ingest(db, "cloud_api", [], "corr-empty")).toMatchObject({ stored: 0, raw: 0, wake: false });
  });

  test("keeps raw what belongs to no account and what is unknown", async () => {
    const world = await createWorld(db);
    const events = [
      messageEvent(world, "foreign", { account: `${world.externalId}-not` }),
      messageEvent(world, "new", { kind: "unknown", reason: "a new field" }),
    ];
    expect(await ingest(db, "cloud_api", events, "corr-raw")).toMatchObject({ stored: 0, raw: 2, failed: 0 });
  });

  test("keeps nothing of a sign of typing but the time that a burst waits", async () => {
    const world = await createWorld(db);
    await configureTenant(db, world.shard, world.tenantId, { burstQuietMs: 100, burstMaxWaitMs: 60_000 });
    await ingest(db, "cloud_api", [messageEvent(world, "Where are you?")], "corr-asked");
    const rest = async () =>
      (
        await world.rows(
          "select extract(epoch from at - burst_at)::float as seconds from app.queue_ready where shard = $1",
        )
      )[0]?.seconds;
    expect(await rest()).toBeCloseTo(0.1, 3);
    const typing = messageEvent(world, "typing", { kind: "typing", occurredAt: new Date().toISOString() });
    const counts = await ingest(db, "cloud_api", [typing, typing], "corr-typing");
    expect(counts).toMatchObject({ stored: 0, duplicates: 0, raw: 0, failed: 0 });
    expect(await rest()).toBeGreaterThan(1);
  });

  test("takes characters that jsonb refuses", async () => {
    const world = await createWorld(db);
    const message = { id: `wamid.${world.externalId}.odd`, type: "text", text: "a\u0000b\ud800c", content: {} };
    const event = messageEvent(world, "odd", { message });
    expect(await ingest(db, "cloud_api", [event], "corr-odd")).toMatchObject({ stored: 1, failed: 0 });
    expect(await world.rows("select body from public.messages where shard = $1")).toEqual([
      { body: "a\ufffdb\ufffdc" },
    ]);
  });
});
