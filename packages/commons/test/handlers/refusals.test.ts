// Every code of Meta's error table, returned by the simulator: as the refusal of a send, and as a failed status after or
// before the answer. The message, its attempt, the account and the tasks are as the code says, and what may be sent again
// is sent and read. Against a real Postgres; the simulator is a program of its own, its webhooks are signed.
import { beforeEach, describe, expect, test } from "vitest";
import { configureDelivery, configureSending } from "../../src/db/delivery.ts";
import { resumeAccountSending, retryOutboundMessage } from "../../src/db/outbox.ts";
import { getNextQueueMessage } from "../../src/db/queue.ts";
import { promoteScheduled } from "../../src/db/queue-admin.ts";
import { sendHandler } from "../../src/handlers/send.ts";
import type { RejectionClass } from "../../src/outbound.ts";
import { graphErrorAreas, graphErrorCodes } from "../../src/providers/cloud-api/error-table.ts";
import { ingest } from "../../src/work/ingest.ts";
import { syncDueTemplates } from "../../src/work/template-sync.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { reactionTo, refusalCases } from "../support/refusals.ts";
import { useSimulator } from "../support/simulator.ts";
import { createWorld, enqueueOutbound, type World } from "../support/world.ts";

const ways = ["at once", "as a failed status", "as a failed status before the answer"] as const;
/** What the simulator has beside the product's own codes: those of the areas, and one of addresses that nobody calls. */
const simulatorHasMore = [
  ...[200, 2500, 131201, 131202, 131204, 131207, 131209, 131210, 131211, 131212, 131213, 131214, 131215],
  ...[138000, 138001, 138006, 139000, 147001, 147002, 147003, 147004, 147005],
];

describe("the table of errors", () => {
  test("has what is said of every code, and says no more than that", () => {
    const codes = new Set(refusalCases.map(({ code }) => code));
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
  const simulator = useSimulator(db);
  beforeEach(async () => {
    await simulator.call("DELETE", "/chaos");
    await simulator.call("POST", "/chaos", { statusDelayMs: 0 });
    await simulator.call("POST", "/clock", { offset_s: 0 });
  });

  /** A customer who has written, and a message of ours that waits to be sent. */
  async function scene() {
    const world = await createWorld(db, { graphUrl: simulator.graph.GRAPH_API_URL });
    const phone = await simulator.introduce(world);
    const outboundId = await enqueueOutbound(world, { type: "text", text: "Hello" }, `key-${world.externalId}`);
    return { world, phone, outboundId };
  }
  type Scene = Awaited<ReturnType<typeof scene>>;

  const order = (world: World, rule: object) =>
    simulator.call("POST", "/chaos/errors", { number: world.externalId, ...rule });
  /** What the simulator was asked to send: the code with which each was refused or has failed, else null. */
  async function sends({ phone }: Pick<Scene, "phone">) {
    const records = await simulator.call<{ error_code?: number }[]>("GET", `/sends?phone=${phone}`);
    return records.map((record) => record.error_code ?? null);
  }

  async function workOnce(world: World): Promise<void> {
    const options = { worker: "test worker", lanes: 1, perLane: 1, leaseSeconds: 30 };
    const [lane] = await getNextQueueMessage(db, world.shard, "outbound", options);
    if (lane === undefined) throw new Error("no lane is claimable");
    await sendHandler.handle(lane, world.context, new AbortController().signal);
  }

  /** Sends once, and waits until the simulator has said that it failed. */
  async function workUntilRefused({ world }: Scene, attempt = 1): Promise<void> {
    await workOnce(world);
    const refused = () =>
      world.rows(
        "select from app.outbound_attempt where shard = $1 and attempt_no = $2 and state = 'REJECTED'",
        attempt,
      );
    await eventually(async () => (await refused()).length === 1, `attempt ${attempt} to be refused`);
  }

  /** Has the next send of the scene met with a code, in one of the ways, and sends. */
  async function refuse(of: Scene, code: number, way: (typeof ways)[number]): Promise<void> {
    await order(of.world, { code, count: 1, mode: way === "at once" ? "sync" : "status" });
    await simulator.call("POST", "/chaos", { statusBeforeAnswer: way === "as a failed status before the answer" });
    if (way !== "as a failed status") return workUntilRefused(of);
    await simulator.holdWhile(async () => {
      await workOnce(of.world);
      expect(await standing(of.world)).toMatchObject({ status: "SENT", attempt: "ACCEPTED" });
    });
    await eventually(async () => (await standing(of.world)).attempt === "REJECTED", "the failed status");
  }

  const isRead = (world: World) =>
    eventually(async () => (await standing(world)).status === "READ", "the message to be read");

  /** What waits is sent once its time has come, or a person has let it go; what has failed is not. */
  async function expectSentInTheEnd(of: Scene, code: number): Promise<void> {
    const { world, phone } = of;
    const { status, account } = await standing(world);
    if (account === "paused" || account === "stopped") await resume(of);
    // A closed window opens when the customer writes again.
    if (code === 131047) await writesLater(of);
    await timeComes(world);
    if (status === "QUEUED") {
      await workOnce(world);
      await isRead(world);
    }
    expect(await sends(of)).toEqual(status === "QUEUED" ? [code, null] : [code]);
    const there = await simulator.call<unknown[]>("GET", `/phones/${phone}/messages?direction=out`);
    expect(there).toHaveLength(status === "QUEUED" ? 1 : 0);
  }

  async function timeComes(world: World): Promise<void> {
    await world.rows("update app.queue_scheduled set run_at = now() where shard = $1");
    await promoteScheduled(db, world.shard);
    await world.timePasses();
  }

  async function resume(of: Scene): Promise<void> {
    const { shard, tenantId, accountId } = of.world;
    await workOnce(of.world).catch(() => undefined);
    expect(await sends(of)).toHaveLength(1);
    expect(await resumeAccountSending(db, { shard, tenantId, accountId, by: "user:test" })).toBe(true);
  }

  /** Webhooks tell times in whole seconds: the next second is certainly after what went before. */
  async function writesLater({ world, phone }: Scene): Promise<void> {
    await simulator.call("POST", "/clock", { advance_s: 2 });
    await simulator.writes(world, phone);
  }

  test("the simulator knows every code of the product's table, and these besides", async () => {
    const known = (await simulator.call<{ code: number }[]>("GET", "/errors")).map(({ code }) => code);
    expect([...graphErrorCodes.keys()].filter((code) => !known.includes(code))).toEqual([]);
    expect(known.filter((code) => !graphErrorCodes.has(code))).toEqual(simulatorHasMore);
    // 131201 says with status 206 that a part was done: no message meets it.
    const codes = new Set(refusalCases.map(({ code }) => code));
    expect(known.filter((code) => !codes.has(code))).toEqual([131201]);
  });

  describe.each(ways)("%s", (way) => {
    test.each(refusalCases)("$code ($kind)", async ({ code, kind }) => {
      const of = await scene();
      await refuse(of, code, way);
      await expectReaction(of.world, code, kind);
      await expectSentInTheEnd(of, code);
      if (way === "at once") return;
      // The same news once more, under another key: a copy that came days later.
      const { status } = await standing(of.world);
      const news = simulator.events.filter(
        (event) => event.kind === "status" && event.status === "failed" && event.account === of.world.externalId,
      );
      expect(news).toHaveLength(1);
      await ingest(
        db,
        "cloud_api",
        news.map((event) => ({ ...event, key: `${event.key}:copy` })),
        "corr-copy",
      );
      expect((await standing(of.world)).status).toBe(status);
    });
  });

  describe.each(["error", "status"])("a window that only WhatsApp knows to be closed (%s)", (windowAnswer) => {
    async function closedWindow() {
      const of = await scene();
      await simulator.call("POST", "/chaos", { throttle: { windowAnswer } });
      const closed = { phone_number_id: of.world.externalId, last_wrote_s_ago: 25 * 3600 };
      expect(await simulator.call("POST", `/phones/${of.phone}/window`, closed)).toMatchObject({ open: false });
      return of;
    }

    test("with a template for it: the text is sent in the template", async () => {
      const of = await closedWindow();
      const { world, phone } = of;
      await configureSending(db, world.shard, world.accountId, { businessId: "200000000000001" });
      expect(await syncDueTemplates({ ...world.context, shards: [world.shard] }, new AbortController().signal)).toBe(1);
      await configureDelivery(db, world.shard, world.tenantId, {
        windowTemplate: "order_update",
        windowTemplateParameters: { 1: "contact_name|friend", 2: "=A-1042", 3: "text" },
        windowTemplateLanguages: ["en_US"],
      });
      await workUntilRefused(of);
      await expectReaction(world, 131047, "window_closed");
      await timeComes(world);
      await workOnce(world);
      await isRead(world);
      expect(await sends(of)).toEqual([131047, null]);
      const there = await simulator.call<{ type: string }[]>("GET", `/phones/${phone}/messages?direction=out`);
      expect(there).toMatchObject([{ type: "template" }]);
      expect(JSON.stringify(there)).toContain("will be with you on Hello.");
    });

    test("without one: a person is asked, and may send it when the customer has written", async () => {
      const of = await closedWindow();
      const { shard, tenantId } = of.world;
      await workUntilRefused(of);
      await expectReaction(of.world, 131047, "window_closed");
      await timeComes(of.world);
      await workOnce(of.world);
      const parked = { status: "PARKED", code: "window_closed", tasks: ["message_parked"], work: 0 };
      expect(await standing(of.world)).toMatchObject(parked);
      expect(await sends(of)).toEqual([131047]);
      await writesLater(of);
      await retryOutboundMessage(db, { shard, tenantId, outboundId: of.outboundId });
      await workOnce(of.world);
      await isRead(of.world);
      expect(await sends(of)).toEqual([131047, null]);
      expect((await standing(of.world)).tasks).toBeNull();
    });
  });

  test("a failure that passes is tried six times, and then it has failed", async () => {
    const of = await scene();
    await order(of.world, { code: 131000, mode: "status" });
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      await timeComes(of.world);
      await workUntilRefused(of, attempt);
    }
    expect(await sends(of)).toEqual([131000, 131000, 131000, 131000, 131000, 131000]);
    expect(await standing(of.world)).toMatchObject({ status: "FAILED", work: 0 });
  });

  test("Retry-After goes before the schedule", async () => {
    const of = await scene();
    await order(of.world, { code: 131016, http_status: 503, retry_after_s: 17 });
    await workOnce(of.world);
    expect(await standing(of.world)).toMatchObject({ status: "QUEUED", wait: 17 });
  });

  test("a slowed number slows its other conversations, too", async () => {
    const { world } = await scene();
    await world.receives("Hi", "15550199");
    const [other] = await world.rows(
      "select c.id from public.conversations c where shard = $1 order by created_at desc limit 1",
    );
    await world.rows(
      "select app.enqueue_outbound_message($1::smallint, $2, 'agent', '', '{\"type\": \"text\", \"text\": \"x\"}', 'other', 'c')",
      other.id,
    );
    await order(world, { code: 130429 });
    await workOnce(world);
    await workOnce(world);
    expect(await world.rows("select error_code from app.outbound_attempt where shard = $1")).toEqual([
      { error_code: "130429" },
    ]);
    expect(await simulator.call("GET", "/chaos/errors")).toMatchObject([{ met: 1 }]);
  });
});

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
