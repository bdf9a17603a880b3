// Every code of Meta's error table, refused at once and refused later by a failed status: the message, its attempt, the
// account and the tasks are as the code says, and what may be sent again is sent. Against a real Postgres and a Graph API
// on a real socket.
import { describe, expect, test } from "vitest";
import { resumeAccountSending } from "../../src/db/outbox.ts";
import { getNextQueueMessage } from "../../src/db/queue.ts";
import { promoteScheduled } from "../../src/db/queue-admin.ts";
import { sendHandler } from "../../src/handlers/send.ts";
import type { RejectionClass } from "../../src/outbound.ts";
import { graphErrorAreas, graphErrorCodes } from "../../src/providers/cloud-api/error-table.ts";
import { ingest } from "../../src/work/ingest.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { refuses, takes } from "../support/http-server.ts";
import { createWorld, enqueueOutbound, type World } from "../support/world.ts";

/** What Meta's documentation and experience say of each code, written down apart from the table that is tested. */
const said: Partial<Record<RejectionClass, readonly number[]>> = {
  retry: [1, 2, 131000, 131016, 133004, 131208],
  slow_app: [4, 80007],
  slow_number: [130429],
  slow_pair: [131056],
  later: [131057, 133015, 133016, 134101, 131049, 132069],
  pause_number: [131048, 131064, 368],
  stop_channel: [0, 190, 3, 10, 200, 299, 131031, 131005, 133010, 131045, 131042],
  window_closed: [131047],
  reupload: [131052, 131053],
  never: [
    ...[
      100, 33, 131008, 131009, 131021, 131026, 131030, 131050, 130472, 130497, 131051, 131055, 131061, 131062, 131063,
    ],
    ...[131065, 131070, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 133000, 133005],
    ...[133006, 133007, 133008, 133009, 134011, 134100, 134102, 135000, 137000, 138000, 138006, 139000, 131200, 131207],
    ...[131020, 131035, 131037, 131041, 131059, 147001, 147005, 424242],
  ],
};
const laterSeconds: Readonly<Record<number, number>> = {
  131049: 24 * 3600,
  131057: 120,
  132069: 3600,
  133015: 300,
  133016: 72 * 3600,
  134101: 600,
};
const cases = Object.entries(said).flatMap(([kind, codes]) =>
  // SAFETY: the keys of the table above.
  codes.map((code) => ({ code, kind: kind as RejectionClass })),
);

interface Reaction {
  readonly status: string;
  /** Seconds until the next attempt, from and to; null: none is planned. */
  readonly wait: readonly [from: number, to: number] | null;
  readonly account: string | null;
  readonly task: string | null;
}
const failed: Reaction = { status: "FAILED", wait: null, account: null, task: null };
const queued: Reaction = { status: "QUEUED", wait: [0, 0], account: null, task: null };

/** What the state machine says of each class, for a first refusal. */
function reactionTo(kind: RejectionClass, code: number): Reaction {
  const later = laterSeconds[code] ?? 0;
  const reactions: Readonly<Record<RejectionClass, Reaction>> = {
    again: { ...queued, wait: [1, 1] },
    retry: { ...queued, wait: [60, 66] },
    slow_pair: { ...queued, wait: [4, 4] },
    slow_number: { ...queued, wait: [1, 1], account: "slowed" },
    slow_app: { ...queued, wait: [1, 1], account: "slowed" },
    later: { ...queued, wait: [later, later] },
    pause_number: { ...queued, wait: null, account: "paused", task: "number_paused" },
    stop_channel: { ...queued, wait: null, account: "stopped", task: "channel_stopped" },
    window_closed: queued,
    reupload: queued,
    never: failed,
  };
  return reactions[kind];
}

async function worldWithMessage(db: Parameters<typeof createWorld>[0]) {
  const world = await createWorld(db);
  await world.receives("Hi");
  const outboundId = await enqueueOutbound(world, { type: "text", text: "Hello" }, `key-${world.externalId}`);
  return { world, outboundId };
}

async function workOnce(world: World): Promise<void> {
  const options = { worker: "test worker", lanes: 1, perLane: 1, leaseSeconds: 30 };
  const [lane] = await getNextQueueMessage(world.context.db, world.shard, "outbound", options);
  if (lane === undefined) throw new Error("no lane is claimable");
  await sendHandler.handle(lane, world.context, new AbortController().signal);
}

/** What became of the message, its first attempt, the account and its work. */
async function standing(world: World) {
  const [row] = await world.rows(
    `select o.status, o.error ->> 'code' as code, a.state as attempt, a.error_code, s.state as account,
            round(extract(epoch from a.next_retry_at - a.finished_at), 1)::float8 as wait,
            (select array_agg(t.kind) from public.tasks t where t.shard = o.shard and t.resolved_at is null) as tasks,
            (select count(*)::int from app.message_queue q where q.shard = o.shard and q.queue = 'outbound')
              + (select count(*)::int from app.queue_scheduled q where q.shard = o.shard) as work
       from app.outbound_message o
       join app.outbound_attempt a on a.shard = o.shard and a.outbound_message_id = o.id and a.attempt_no = 1
       left join app.account_send_state s on s.shard = o.shard and s.account_id = o.account_id
      where o.shard = $1`,
  );
  return row;
}

async function expectReaction(world: World, code: number, kind: RejectionClass): Promise<void> {
  const { status, wait, account, task } = reactionTo(kind, code);
  const found = await standing(world);
  expect(found).toMatchObject({
    status,
    account,
    tasks: task === null ? null : [task],
    code: String(code),
    attempt: "REJECTED",
    error_code: String(code),
    work: status === "QUEUED" ? 1 : 0,
  });
  if (wait === null) expect(found.wait).toBeNull();
  else {
    expect(found.wait).toBeGreaterThanOrEqual(wait[0]);
    expect(found.wait).toBeLessThanOrEqual(wait[1]);
  }
}

/** What waits is sent once its time has come, or a person has let it go. */
async function expectSentInTheEnd(world: World, sends: number): Promise<void> {
  const { status, account, code } = await standing(world);
  world.whatsapp.answer = takes;
  await resumeIfStopped(world, account);
  await world.rows("update app.queue_scheduled set run_at = now() where shard = $1");
  await promoteScheduled(world.context.db, world.shard);
  await world.timePasses();
  // A closed window opens when the customer writes again; without that a person would be asked (window_gate).
  if (code === "131047")
    await world.rows("update public.conversations set last_customer_message_at = now() where shard = $1");
  if (status === "QUEUED") await workOnce(world);
  const posted = world.whatsapp.arrived.filter(({ body }) => body.type !== undefined);
  expect(posted).toHaveLength(status === "QUEUED" ? sends + 1 : sends);
  expect((await standing(world)).status).toBe(status === "QUEUED" ? "SENT" : "FAILED");
}

async function resumeIfStopped(world: World, account: string | null): Promise<void> {
  if (account !== "paused" && account !== "stopped") return;
  await workOnce(world).catch(() => undefined);
  expect(world.whatsapp.arrived.filter(({ body }) => body.type !== undefined)).toHaveLength(1);
  const { shard, tenantId, accountId } = world;
  expect(await resumeAccountSending(world.context.db, { shard, tenantId, accountId, by: "user:test" })).toBe(true);
}

/** The webhook by which Meta says that a message has failed. */
function failedStatus(world: World, status: { readonly id: string; readonly callback: string; readonly code: number }) {
  const at = String(Math.floor(Date.now() / 1000));
  const errors = [{ code: status.code, title: "Title", error_data: { details: "Details" } }];
  const item = { id: status.id, status: "failed", timestamp: at, biz_opaque_callback_data: status.callback, errors };
  const metadata = { phone_number_id: world.externalId, display_phone_number: "1" };
  const value = { messaging_product: "whatsapp", metadata, statuses: [item] };
  return { object: "whatsapp_business_account", entry: [{ id: "1", changes: [{ field: "messages", value }] }] };
}

describe("the table of errors", () => {
  test("has what is said of every code, and says no more than that", () => {
    const codes = new Set(cases.map(({ code }) => code));
    expect([...graphErrorCodes.keys()].filter((code) => !codes.has(code))).toEqual([]);
    for (const { from, to } of graphErrorAreas)
      expect([...codes].some((code) => code >= from && code <= to && !graphErrorCodes.has(code))).toBe(true);
  });

  test("says of every code in plain words what it means and what to do", () => {
    for (const [code, { meaning, mend }] of graphErrorCodes) {
      expect(meaning.length, `meaning of ${code}`).toBeGreaterThan(10);
      expect(mend.length, `mend of ${code}`).toBeGreaterThan(5);
    }
  });
});

describeWithPostgres("a refusal does what its code says", () => {
  const db = openTestDatabase();

  test.each(cases)("at once: $code ($kind)", async ({ code, kind }) => {
    const { world } = await worldWithMessage(db);
    world.whatsapp.answer = refuses(code);
    await workOnce(world);
    await expectReaction(world, code, kind);
    await expectSentInTheEnd(world, 1);
  });

  test.each(cases)("as a failed status: $code ($kind)", async ({ code, kind }) => {
    const { world, outboundId } = await worldWithMessage(db);
    await workOnce(world);
    const [sent] = await world.rows("select provider_message_id as id from app.outbound_message where shard = $1");
    const body = failedStatus(world, { id: sent.id, callback: outboundId, code });
    const events = world.context.provider("cloud_api").parse(body, { receivedAt: new Date() });
    await ingest(db, "cloud_api", events, "corr-failed");
    await expectReaction(world, code, kind);
    await expectSentInTheEnd(world, 1);
    const [again] = await world.rows("select provider_message_id as id from app.outbound_message where shard = $1");
    if (reactionTo(kind, code).status === "QUEUED") expect(again.id).not.toBe(sent.id);
    // The same news once more, under another key: a copy that came days later.
    const copy = events.map((event) => ({ ...event, key: `${event.key}:copy` }));
    await ingest(db, "cloud_api", copy, "corr-copy");
    expect((await standing(world)).status).toBe(reactionTo(kind, code).status === "QUEUED" ? "SENT" : "FAILED");
  });

  test("a failure that passes is tried six times, and then it has failed", async () => {
    const { world, outboundId } = await worldWithMessage(db);
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      await world.rows("update app.queue_scheduled set run_at = now() where shard = $1");
      await promoteScheduled(db, world.shard);
      await world.timePasses();
      await workOnce(world);
      const [sent] = await world.rows("select provider_message_id as id from app.outbound_message where shard = $1");
      const body = failedStatus(world, { id: sent.id, callback: outboundId, code: 131000 });
      await ingest(
        db,
        "cloud_api",
        world.context.provider("cloud_api").parse(body, { receivedAt: new Date() }),
        "corr",
      );
    }
    expect(world.whatsapp.arrived.filter(({ body }) => body.type !== undefined)).toHaveLength(6);
    expect(await standing(world)).toMatchObject({ status: "FAILED", work: 0 });
  });

  test("Retry-After goes before the schedule", async () => {
    const { world } = await worldWithMessage(db);
    world.whatsapp.answer = (response) =>
      response.writeHead(503, { "retry-after": "17" }).end('{"error": {"code": 131016, "message": "later"}}');
    await workOnce(world);
    expect(await standing(world)).toMatchObject({ status: "QUEUED", wait: 17 });
  });

  test("a slowed number slows its other conversations, too", async () => {
    const { world } = await worldWithMessage(db);
    await world.receives("Hi", "15550199");
    const [other] = await world.rows(
      "select c.id from public.conversations c where shard = $1 order by created_at desc limit 1",
    );
    await world.rows(
      "select app.enqueue_outbound_message($1::smallint, $2, 'agent', '', '{\"type\": \"text\", \"text\": \"x\"}', 'other', 'c')",
      other.id,
    );
    world.whatsapp.answer = refuses(130429);
    await workOnce(world);
    await workOnce(world);
    const posted = world.whatsapp.arrived.filter(({ body }) => body.type !== undefined);
    expect(posted).toHaveLength(1);
    const attempts = await world.rows("select from app.outbound_attempt where shard = $1");
    expect(attempts).toHaveLength(1);
  });
});
