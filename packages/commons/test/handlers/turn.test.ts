// Answering a turn, where the queue worker's tests do not look.
import { describe, expect, test } from "vitest";
import { getNextQueueMessage } from "../../src/db/queue.ts";
import { configureTenant } from "../../src/db/tenancy.ts";
import { toReplies, turnHandler } from "../../src/handlers/turn.ts";
import { cloudApiCapabilities } from "../../src/providers/cloud-api/capabilities.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { startStorage } from "../support/file-servers.ts";
import { hang, json, says } from "../support/http-server.ts";
import { createWorld, type World } from "../support/world.ts";

/** Answers the world's one lane, as the queue worker does. */
async function workOnce(world: World): Promise<void> {
  const options = { worker: "test worker", lanes: 1, perLane: 50, leaseSeconds: 30 };
  const [lane] = await getNextQueueMessage(world.context.db, world.shard, "inbound", options);
  if (lane === undefined) throw new Error("no lane is claimable");
  try {
    await turnHandler.handle(lane, world.context, new AbortController().signal);
  } catch (error) {
    await turnHandler.fail(lane, world.context, error);
  }
}

/** Bursts rest for no time, and new messages may still supersede an answer. */
async function patient({ context, shard, tenantId }: World): Promise<void> {
  const settings = { burstQuietMs: 0, burstLongQuietMs: 0, burstMaxWaitMs: 300_000 };
  await configureTenant(context.db, shard, tenantId, settings);
}

describeWithPostgres("turnHandler", () => {
  const db = openTestDatabase();

  test("answers a burst with one turn, and tells the agent what is known", async () => {
    const world = await createWorld(db);
    for (const text of ["Hi", "are you open", "today?"]) await world.receives(text);
    await workOnce(world);
    await world.receives("And tomorrow?");
    await workOnce(world);
    const [first, second] = world.agent.arrived.map(({ body }) => body);
    expect(first).toMatchObject({
      agent: world.service.replace("agent:", ""),
      shard: world.shard,
      tenant: { name: "Test" },
      session: { isNew: true },
      memory: [],
      messages: [{ text: "Hi" }, { text: "are you open" }, { text: "today?" }],
    });
    expect(second.session.isNew).toBe(false);
    expect(second.memory.map(({ text }: { text: string }) => text)).toEqual(["Hi", "are you open", "today?", "Hello"]);
  });

  test("ends a call whose answer the customer has made out of date, and asks again with everything", async () => {
    const world = await createWorld(db);
    await patient(world);
    await world.receives("A table for two");
    world.agent.answer = hang;
    const working = workOnce(world);
    await eventually(() => world.agent.arrived.length === 1, "the agent is asked");
    await world.receives("for three, sorry");
    await working;
    await eventually(() => world.agent.arrived[0]?.gone(), "the call has ended");
    const [turn] = await world.rows("select status, superseded, tries, error from app.turns where shard = $1");
    expect(turn).toEqual({ status: "superseded", superseded: 1, tries: 1, error: null });

    world.agent.answer = says("For three then");
    await workOnce(world);
    expect(world.agent.arrived[1]?.body).toMatchObject({
      turnId: world.agent.arrived[0]?.body.turnId,
      messages: [{ text: "A table for two" }, { text: "for three, sorry" }],
    });
    expect(await world.rows("select status, tries from app.turns where shard = $1")).toEqual([
      { status: "answered", tries: 1 },
    ]);
  });

  test("drops an answer that comes when it is out of date, and keeps what it cost", async () => {
    const world = await createWorld(db);
    await patient(world);
    await world.receives("A table for two");
    world.agent.answer = async (response, request) => {
      await world.receives("for three, sorry");
      json(200, { replies: [{ type: "text", text: "For two" }], usage: { inputTokens: 5 } })(response, request);
    };
    await workOnce(world);
    const [turn] = await world.rows("select status, usage from app.turns where shard = $1");
    expect(turn.status).toBe("superseded");
    expect(await world.rows("select from app.outbound_message where shard = $1")).toEqual([]);
    world.agent.answer = json(200, { replies: [{ type: "text", text: "For three" }], usage: { inputTokens: 6 } });
    await workOnce(world);
    expect(await world.rows("select body from public.messages where shard = $1 and direction = 'out'")).toEqual([
      { body: "For three" },
    ]);
    expect((await world.rows("select usage from app.turns where shard = $1"))[0]?.usage.inputTokens).toBeGreaterThan(5);
  });

  test("answers each message for itself where the tenant wants it so", async () => {
    const world = await createWorld(db);
    await patient(world);
    await configureTenant(db, world.shard, world.tenantId, { onNewMessage: "queue" });
    await world.receives("A table for two");
    world.agent.answer = async (response, request) => {
      await world.receives("for three, sorry");
      says("For two")(response, request);
    };
    await workOnce(world);
    world.agent.answer = says("For three");
    await workOnce(world);
    expect(world.agent.arrived.map(({ body }) => body.messages.length)).toEqual([1, 1]);
    expect(await world.rows("select status from app.turns where shard = $1")).toEqual([
      { status: "answered" },
      { status: "answered" },
    ]);
  });

  test("tells the agent how far the file of a message came", async () => {
    const world = await createWorld(db);
    await world.receives("Look");
    await world.receives("at this");
    await world.rows(
      "update public.messages set media_state = 'ready' where shard = $1 and body = 'Look' and direction = 'in'",
    );
    await workOnce(world);
    expect(world.agent.arrived[0]?.body.messages.map((message: object) => Object.hasOwn(message, "media"))).toEqual([
      true,
      false,
    ]);
  });

  test("shows the agent a file that is there, and says of one that Storage does not show that it could not be had", async () => {
    const storage = await startStorage();
    const world = await createWorld(db, { storageUrl: storage.url });
    await configureTenant(db, world.shard, world.tenantId, { onNewMessage: "queue" });
    const receivesFile = async (text: string) => {
      await world.receives(text);
      await world.rows(
        `with m as (update public.messages set media_state = 'ready' where shard = $1 and body = $2 and direction = 'in' returning *)
         insert into public.media (shard, id, tenant_id, account_id, message_id, direction, kind, mime_type, size_bytes, sha256, storage_path, created_at)
         select shard, id, tenant_id, account_id, id, 'in', 'image', 'image/png', 5, repeat('0', 64), tenant_id || '/2026/11/x.png', now() from m`,
        text,
      );
    };
    await receivesFile("Look");
    await workOnce(world);
    const path = `/storage/v1/object/sign/media/${world.tenantId}/2026/11/x.png?token=t`;
    const file = { kind: "image", mimeType: "image/png", sizeBytes: 5, url: `${storage.url}${path}` };
    expect(world.agent.arrived[0]?.body.messages[0]).toMatchObject({ media: "ready", file });
    storage.trouble = 503;
    await receivesFile("And this");
    await workOnce(world);
    const [second] = world.agent.arrived[1]?.body.messages ?? [];
    expect([second.media, second.file]).toEqual(["failed", undefined]);
  });

  test("does not ask the agent while a person has taken over", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    await world.rows("update public.conversations set agent_paused_until = now() + interval '1 hour' where shard = $1");
    await workOnce(world);
    expect(world.agent.arrived).toEqual([]);
    const [turn] = await world.rows("select status, reason from app.turns where shard = $1");
    expect(turn).toEqual({ status: "skipped", reason: "a person has taken over" });
  });

  test("does not ask the agent of an account whose provider this version does not have", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    await world.rows("update public.whatsapp_accounts set provider = 'twilio' where shard = $1");
    await workOnce(world);
    expect(world.agent.arrived).toEqual([]);
    const [turn] = await world.rows("select status, error from app.turns where shard = $1");
    expect(turn).toMatchObject({ status: "failed", error: { code: "provider_unknown" } });
  });

  test("tries again when nobody knows the service", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    await world.rows("update public.whatsapp_accounts set agent = 'agent:nobody' where shard = $1");
    await workOnce(world);
    const [turn] = await world.rows("select status, error from app.turns where shard = $1");
    expect(turn).toMatchObject({ status: "working", error: { code: "NO_ENDPOINT" } });
  });

  test("answers although the account has no credentials to show that somebody is typing", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    await world.rows("delete from app.whatsapp_account_credentials where shard = $1");
    await workOnce(world);
    const [turn] = await world.rows("select status from app.turns where shard = $1");
    expect(turn).toEqual({ status: "answered" });
  });

  test("a queue message that names no message is tried again, then goes to the dead letters", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    await world.rows(`update app.message_queue set payload = '{"message_id": "none"}' where shard = $1`);
    await workOnce(world);
    await world.rows("update app.queue_ready set tries = 11, at = now() where shard = $1");
    await workOnce(world);
    const letters = await world.rows("select error from app.queue_dead_letter where shard = $1");
    expect(letters).toMatchObject([{ error: { code: "22P02" } }]);
  });
});

describe("toReplies", () => {
  const can = { ...cloudApiCapabilities, textLength: 20 };

  test("writes WhatsApp's format and cuts what is too long", () => {
    expect(toReplies({ type: "text", text: "**Open** today" }, can)).toEqual([
      { body: "*Open* today", content: { type: "text", text: "*Open* today" } },
    ]);
    const parts = toReplies({ type: "text", text: "one two three four five six seven" }, can);
    expect(parts.length).toBeGreaterThan(1);
    for (const { body } of parts) expect(body.length).toBeLessThanOrEqual(can.textLength);
  });

  test("says nothing where there is nothing to say", () => {
    expect(toReplies({ type: "text", text: "  \n " }, can)).toEqual([]);
    const image = { type: "image" as const, media: { link: "https://files.example/a" } };
    expect(toReplies({ ...image, caption: "---" }, can)).toEqual([{ body: "[image]", content: image }]);
  });
});
