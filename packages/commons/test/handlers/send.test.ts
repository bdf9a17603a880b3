// Sending the head of an outbound lane, against a real Postgres and a WhatsApp on a real socket.
import { expect, test } from "vitest";
import { encryptCredentials } from "../../src/credentials.ts";
import type { Database } from "../../src/db/database.ts";
import { keepMediaUpload } from "../../src/db/media.ts";
import { markOutboundIo, startOutboundAttempt } from "../../src/db/outbox.ts";
import { type ClaimedLane, getNextQueueMessage } from "../../src/db/queue.ts";
import { configureTenant, setAccountCredentials } from "../../src/db/tenancy.ts";
import { DatabaseUnavailableError } from "../../src/errors.ts";
import type { HandlerContext } from "../../src/handlers/handler.ts";
import { sendHandler } from "../../src/handlers/send.ts";
import type { JsonObject } from "../../src/json.ts";
import { storeMedia } from "../../src/work/store-media.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { startStorage } from "../support/file-servers.ts";
import { refuses, takes } from "../support/http-server.ts";
import { createWorld, enqueueOutbound, type World } from "../support/world.ts";

const TEXT = { type: "text", text: "Hello" };
const sends = (world: World) => world.whatsapp.arrived.filter(({ body }) => body.type !== undefined);

/** A world with one message of ours in the outbox. */
async function worldWith(db: Parameters<typeof createWorld>[0], content: JsonObject = TEXT) {
  const world = await createWorld(db);
  await world.receives("Hi");
  const outboundId = await enqueueOutbound(world, content, `key-${world.externalId}`);
  return { world, outboundId };
}

async function claim(world: World, worker = "test worker"): Promise<ClaimedLane | undefined> {
  const options = { worker, lanes: 1, perLane: 1, leaseSeconds: 30 };
  return (await getNextQueueMessage(world.context.db, world.shard, "outbound", options))[0];
}

/** Works the outbound lane once, as the queue worker does. */
async function workOnce(world: World, context: HandlerContext = world.context): Promise<void> {
  const lane = await claim(world);
  if (lane === undefined) throw new Error("no lane is claimable");
  try {
    await sendHandler.handle(lane, context, new AbortController().signal);
  } catch (error) {
    await sendHandler.fail(lane, context, error);
  }
}

const messageOf = async (world: World) => (await world.rows("select * from app.outbound_message where shard = $1"))[0];
const attemptsOf = (world: World) =>
  world.rows("select * from app.outbound_attempt where shard = $1 order by attempt_no");
/** In how many seconds the outbound lane is claimable; undefined: it is idle. */
async function waitOf(world: World): Promise<number | undefined> {
  const text =
    "select extract(epoch from at - now())::float8 as wait, leased_by from app.queue_ready where shard = $1 and queue = 'outbound'";
  const [ready] = await world.rows(text);
  expect(ready?.leased_by ?? null).toBeNull();
  return ready?.wait;
}

describeWithPostgres("sendHandler", () => {
  const db = openTestDatabase();

  test("hands a message to the provider with our id, once, and notes that it was taken", async () => {
    const { world, outboundId } = await worldWith(db);
    await workOnce(world);
    expect(sends(world)).toHaveLength(1);
    expect(sends(world)[0]?.body).toMatchObject({ biz_opaque_callback_data: outboundId, text: { body: "Hello" } });
    expect(await messageOf(world)).toMatchObject({
      status: "SENT",
      provider_message_id: expect.stringMatching(/^wamid/),
    });
    expect(await attemptsOf(world)).toMatchObject([{ state: "ACCEPTED", attempt_no: 1 }]);
    expect(await waitOf(world)).toBeUndefined();
  });

  test("does not send again what was refused for a closed window: the gates park it for a person", async () => {
    const { world } = await worldWith(db);
    world.whatsapp.answer = refuses(131047);
    await workOnce(world);
    expect(await messageOf(world)).toMatchObject({ status: "QUEUED", error: { code: "131047" } });
    await workOnce(world);
    expect(sends(world)).toHaveLength(1);
    expect(await messageOf(world)).toMatchObject({ status: "PARKED", error: { code: "window_closed" } });
    expect(await waitOf(world)).toBeUndefined();
  });

  test("gives up after six refusals", async () => {
    const { world } = await worldWith(db);
    world.whatsapp.answer = refuses(131000);
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      await world.timePasses();
      await workOnce(world);
    }
    expect(await messageOf(world)).toMatchObject({ status: "FAILED" });
    expect(sends(world)).toHaveLength(6);
  });

  test("does not send again when no answer came: the lane waits for a status", async () => {
    const { world, outboundId } = await worldWith(db);
    world.whatsapp.answer = (response) => response.destroy();
    await workOnce(world);
    expect(await messageOf(world)).toMatchObject({ status: "UNKNOWN" });
    expect(await waitOf(world)).toBeGreaterThan(50);

    await world.receivesStatus("delivered", { messageId: "wamid.late", callbackData: outboundId });
    expect(await messageOf(world)).toMatchObject({ status: "DELIVERED", provider_message_id: "wamid.late" });
    await workOnce(world);
    expect(sends(world)).toHaveLength(1);
    expect(await waitOf(world)).toBeUndefined();
  });

  test("does not send again what a worker that died may have sent; a status by our id settles it", async () => {
    const { world, outboundId } = await worldWith(db);
    const lane = await claim(world, "dead worker");
    if (lane === undefined) throw new Error("no lane is claimable");
    const seq = lane.messages[0]?.seq ?? 0;
    expect(await startOutboundAttempt(db, lane, { seq, outboundId }, "dead worker")).toMatchObject({ action: "send" });
    expect(await markOutboundIo(db, lane, { outboundId, number: 1 })).toBe(true);
    expect(await attemptsOf(world)).toMatchObject([{ state: "IO_STARTED", worker: "dead worker" }]);

    await world.timePasses();
    await workOnce(world);
    expect(await messageOf(world)).toMatchObject({ status: "UNKNOWN" });
    expect(await attemptsOf(world)).toMatchObject([{ state: "UNKNOWN", error_code: "worker_lost" }]);
    await world.receivesStatus("sent", { messageId: "wamid.settled", callbackData: outboundId });
    await workOnce(world);
    expect(await messageOf(world)).toMatchObject({ status: "SENT", provider_message_id: "wamid.settled" });
    expect(await attemptsOf(world)).toMatchObject([{ state: "ACCEPTED" }]);
    expect(sends(world)).toEqual([]);
    expect(await waitOf(world)).toBeUndefined();
  });

  test("parks what nobody heard of again, without a second send", async () => {
    const { world } = await worldWith(db);
    world.whatsapp.answer = (response) => response.destroy();
    await workOnce(world);
    await world.rows("update app.outbound_message set unknown_since = now() - interval '1 hour' where shard = $1");
    await world.timePasses();
    await workOnce(world);
    expect(await messageOf(world)).toMatchObject({ status: "PARKED" });
    expect(sends(world)).toHaveLength(1);
  });

  test("a provider that throws leaves open whether the message left", async () => {
    const { world } = await worldWith(db);
    const { provider } = world.context;
    const broken: HandlerContext = {
      ...world.context,
      provider: (id) => ({ ...provider(id), send: () => Promise.reject(new TypeError("a bug")) }),
    };
    await workOnce(world, broken);
    expect(await messageOf(world)).toMatchObject({ status: "UNKNOWN", error: { code: "provider_failed" } });
  });

  test("makes fit what came into the outbox as no provider takes it", async () => {
    const buttons = ["A", "B", "C", "D"].map((title) => ({ id: title, title }));
    const { world } = await worldWith(db, { type: "buttons", text: "Which?", buttons });
    await workOnce(world);
    expect(sends(world)).toMatchObject([
      { body: { interactive: { type: "list", action: { sections: [{ rows: buttons }] } } } },
    ]);
    expect(await messageOf(world)).toMatchObject({ status: "SENT" });
  });

  test("knows a file of ours for what it is, and sends it as that", async () => {
    const storage = await startStorage();
    const world = await createWorld(db, { storageUrl: storage.url });
    await world.receives("Hi");
    const { shard, tenantId, context } = world;
    const body = new Uint8Array(Buffer.from("%PDF-1.7\nhello"));
    const upload = { shard, tenantId, body, mimeType: "application/pdf", filename: "Menu.pdf" };
    const { id, sha256 } = await storeMedia(context, { ...upload, signal: new AbortController().signal });
    await keepMediaUpload(db, shard, world.accountId, { sha256, providerMediaId: "file-1", keepSeconds: 7200 });
    await enqueueOutbound(
      world,
      { type: "image", media: { mediaId: id }, caption: "Menu" },
      `file-${world.externalId}`,
    );
    await workOnce(world);
    expect(sends(world)).toMatchObject([{ body: { type: "document", document: { id: "file-1", caption: "Menu" } } }]);
  });

  test("refuses for good what would take several messages, and says why", async () => {
    const { world } = await worldWith(db, { type: "text", text: "word ".repeat(1000) });
    await workOnce(world);
    expect(sends(world)).toEqual([]);
    expect(await messageOf(world)).toMatchObject({
      status: "FAILED",
      error: { code: "content_does_not_fit", message: expect.stringContaining("the provider takes 4,096") },
    });
    expect(await waitOf(world)).toBeUndefined();
  });

  test("an account without credentials stops until it has some; nothing leaves, nothing is lost", async () => {
    const { world } = await worldWith(db);
    const [kept] = await world.rows("delete from app.whatsapp_account_credentials where shard = $1 returning *");
    await workOnce(world);
    expect(await messageOf(world)).toMatchObject({ status: "QUEUED", error: { code: "credentials_missing" } });
    expect(world.lines.filter((line) => line.includes("ALERT"))).toHaveLength(1);
    await workOnce(world);
    expect(await waitOf(world)).toBeGreaterThan(800);
    expect(sends(world)).toEqual([]);
    await setAccountCredentials(db, world.shard, world.accountId, { keyId: kept.key_id, ciphertext: kept.ciphertext });
    await workOnce(world);
    expect(await messageOf(world)).toMatchObject({ status: "SENT" });
  });

  test("a token that was refused is not used again once a new one is stored, however fresh the old one was", async () => {
    const { world } = await worldWith(db);
    world.whatsapp.answer = refuses(190, 401);
    await workOnce(world);
    await workOnce(world);
    world.whatsapp.answer = takes;
    const encrypted = await encryptCredentials({ accessToken: "new" }, world.keys, world.accountId);
    await setAccountCredentials(db, world.shard, world.accountId, encrypted);
    await workOnce(world);
    expect(sends(world).map(({ headers }) => headers.authorization)).toEqual(["Bearer token", "Bearer new"]);
    expect(await messageOf(world)).toMatchObject({ status: "SENT" });
  });

  test("a provider that this version does not have stops the account", async () => {
    const { world } = await worldWith(db);
    await world.rows("update public.whatsapp_accounts set provider = 'twilio' where shard = $1");
    await workOnce(world);
    expect(await messageOf(world)).toMatchObject({ status: "QUEUED", error: { code: "provider_unknown" } });
  });

  test.each([
    {
      name: "content that is none",
      change: `update app.outbound_message set content = '{"type": "hologram"}' where shard = $1`,
      code: "content_malformed",
    },
    {
      name: "a contact without an address",
      change: "delete from public.contact_identities where shard = $1",
      code: "no_recipient",
    },
  ])("gives up $name; nothing leaves", async ({ change, code }) => {
    const { world } = await worldWith(db);
    await world.rows(change);
    await workOnce(world);
    expect(await messageOf(world)).toMatchObject({ status: "FAILED", error: { code } });
    expect(sends(world)).toEqual([]);
  });

  test("a queue message that names no outbound message goes to the dead letters at once", async () => {
    const { world } = await worldWith(db);
    await world.rows(
      `update app.message_queue set payload = '{"outbound_id": 7}' where shard = $1 and queue = 'outbound'`,
    );
    await workOnce(world);
    const letters = await world.rows("select tries, error from app.queue_dead_letter where shard = $1");
    expect(letters).toMatchObject([{ tries: 1, error: { code: "payload_malformed" } }]);
    expect(await waitOf(world)).toBeUndefined();
  });

  test("notes how a send ended once Postgres is back", async () => {
    const { world } = await worldWith(db);
    let refusals = 2;
    const shaky: Database = {
      query: (text, values) => {
        if (text.includes("finish_outbound_attempt") && refusals-- > 0)
          throw new DatabaseUnavailableError("away", { code: "NETWORK" });
        return db.query(text, values);
      },
    };
    await workOnce(world, { ...world.context, db: shaky });
    expect(await messageOf(world)).toMatchObject({ status: "SENT" });
    expect(refusals).toBe(-1);
  });

  test("a lane whose lease was lost writes nothing", async () => {
    const { world } = await worldWith(db);
    const lane = await claim(world);
    if (lane === undefined) throw new Error("no lane is claimable");
    await world.rows(
      "update app.queue_ready set token = nextval('app.fencing_token') where shard = $1 and queue = 'outbound'",
    );
    const handled = sendHandler.handle(lane, world.context, new AbortController().signal);
    await expect(handled).rejects.toMatchObject({ name: "StaleLeaseError", code: "SB001" });
    expect(sends(world)).toEqual([]);
    expect(await messageOf(world)).toMatchObject({ status: "QUEUED" });
  });

  test("a worker that overslept its lease between taking a message and sending it sends nothing", async () => {
    const { world } = await worldWith(db);
    const lane = await claim(world);
    if (lane === undefined) throw new Error("no lane is claimable");
    await sendHandler.handle({ ...lane, leaseSeconds: 0 }, world.context, new AbortController().signal);
    expect(sends(world)).toHaveLength(0);
    expect(await attemptsOf(world)).toMatchObject([{ state: "REJECTED", error_code: "overslept" }]);
    expect(await messageOf(world)).toMatchObject({ status: "QUEUED", refused: 0 });
  });

  test("nothing leaves when it cannot be written down that it does", async () => {
    const { world } = await worldWith(db);
    const shaky: Database = {
      query: (text, values) => {
        if (text.includes("mark_outbound_io")) throw new DatabaseUnavailableError("away", { code: "NETWORK" });
        return db.query(text, values);
      },
    };
    await workOnce(world, { ...world.context, db: shaky });
    expect(sends(world)).toHaveLength(0);
    expect(await attemptsOf(world)).toMatchObject([{ state: "REJECTED", error_code: "io_not_marked" }]);
    await world.timePasses();
    await workOnce(world);
    expect(sends(world)).toHaveLength(1);
    expect(await messageOf(world)).toMatchObject({ status: "SENT", refused: 0 });
  });

  test("nothing leaves when a status settles an earlier try while this one is being prepared", async () => {
    const { world, outboundId } = await worldWith(db);
    await configureTenant(db, world.shard, world.tenantId, { unknownSendPolicy: "resend_once" });
    world.whatsapp.answer = (response) => response.destroy();
    await workOnce(world);
    await world.rows("update app.outbound_message set unknown_since = now() - interval '1 hour' where shard = $1");
    await world.timePasses();
    const { accounts } = world.context;
    const get: typeof accounts.get = async (...about) => {
      await world.receivesStatus("delivered", { messageId: "wamid.first", callbackData: outboundId });
      return await accounts.get(...about);
    };
    await workOnce(world, { ...world.context, accounts: { get } });
    expect(sends(world)).toHaveLength(1);
    expect(await messageOf(world)).toMatchObject({ status: "DELIVERED", provider_message_id: "wamid.first" });
    expect(await attemptsOf(world)).toMatchObject([
      { state: "ACCEPTED" },
      { state: "REJECTED", error_code: "overtaken" },
    ]);
    expect(await waitOf(world)).toBeUndefined();
  });

  test("sends in order: the second leaves when the first was taken", async () => {
    const { world } = await worldWith(db);
    await enqueueOutbound(world, { type: "text", text: "Second" }, `key-2-${world.externalId}`);
    world.whatsapp.answer = refuses(131000);
    await workOnce(world);
    expect(await claim(world)).toBeUndefined();
    await world.timePasses();
    world.whatsapp.answer = (response) => response.end('{"messages":[{"id":"wamid.first"}]}');
    await workOnce(world);
    world.whatsapp.answer = (response) => response.end('{"messages":[{"id":"wamid.second"}]}');
    await workOnce(world);
    expect(sends(world).map(({ body }) => body.text.body)).toEqual(["Hello", "Hello", "Second"]);
  });
});
