// Reading the templates that are due, against a real Postgres and a Graph API on a real socket.
import { expect, test } from "vitest";
import { configureSending, listTemplates } from "../../src/db/delivery.ts";
import { syncDueTemplates } from "../../src/work/template-sync.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { createWorld, type World } from "../support/world.ts";

const sync = (world: World) =>
  syncDueTemplates({ ...world.context, shards: [world.shard] }, new AbortController().signal);
const hello = { id: "1", name: "hello", language: "es", category: "UTILITY", status: "APPROVED", components: [] };

describeWithPostgres("syncDueTemplates", () => {
  const db = openTestDatabase();

  test("reads what is due, once, and keeps it", async () => {
    const world = await createWorld(db);
    expect(await sync(world)).toBe(0);
    await configureSending(db, world.shard, world.accountId, { businessId: "77" });
    world.whatsapp.answer = (response) =>
      void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ data: [hello] }));
    expect(await sync(world)).toBe(1);
    expect(await listTemplates(db, world.shard, world.tenantId, world.accountId)).toMatchObject([
      { name: "hello", language: "es", status: "APPROVED", business_id: "77" },
    ]);
    expect(await sync(world)).toBe(0);
  });

  test("keeps what it has when the list cannot be read, and says so", async () => {
    const world = await createWorld(db);
    await configureSending(db, world.shard, world.accountId, { businessId: "78" });
    world.whatsapp.answer = (response) => void response.writeHead(500).end("oh");
    expect(await sync(world)).toBe(0);
    expect(world.lines.filter((line) => line.includes("could not be read"))).toHaveLength(1);
    expect(await world.rows("select synced_at from app.template_syncs where shard = $1")).toEqual([
      { synced_at: null },
    ]);
  });
});
