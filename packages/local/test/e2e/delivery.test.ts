// Whether, when and in which form a message leaves, on a whole platform: the closed window, STOP and START, and the pace to one
// customer. The simulator refuses what breaks Meta's limits (131047, 131056), so nothing of it may have been refused.
import { createDatabase, type DatabasePool } from "@switchboard/commons/db/database.ts";
import { configureDelivery } from "@switchboard/commons/db/delivery.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type E2e, report, startE2e, waitFor } from "./e2e.ts";

const ANA = "15550100061";
const BEN = "15550100062";
const CARA = "15550100063";
/** A template that the simulator's business account has from the start, approved, with three placeholders. */
const TEMPLATE = "order_update";

describe("what leaves and what does not", () => {
  let e2e: E2e;
  let db: DatabasePool;
  let tenantId: string;

  beforeAll(async () => {
    e2e = await startE2e({ name: "delivery", base: 29400 });
    db = createDatabase({
      url: e2e.stack.urls.database,
      role: "service_role",
      size: 1,
      applicationName: "e2e delivery",
    });
    const [tenant] = await e2e.sql<{ id: string }>("select id from public.tenants where slug = 'demo'");
    tenantId = tenant?.id ?? "";
  });
  afterAll(async () => {
    await db?.end();
    await e2e?.close();
  });

  test("outside the window: without a template a person is asked, with one the customer gets it", async () => {
    await e2e.simulator.write(ANA, "Do you have vegan dishes?");
    await arrived(ANA, 1);
    const conversation = await conversationOf(ANA);
    await e2e.sql(
      "update public.conversations set last_customer_message_at = now() - interval '25 hours' where id = $1",
      [conversation],
    );

    const parked = await enqueue(conversation, "Your table is ready.");
    await waitFor("it is parked", async () => (await statusOf(parked)) === "PARKED");
    const tasks = await e2e.sql("select kind, reason from public.tasks where outbound_message_id = $1", [parked]);
    expect(tasks).toMatchObject([{ kind: "message_parked", reason: expect.stringContaining("window_template") }]);

    await waitFor("the runner has read the templates", async () => {
      const rows = await e2e.sql("select from public.message_templates where name = $1 and status = 'APPROVED'", [
        TEMPLATE,
      ]);
      return rows.length > 0;
    });
    await configureDelivery(db, 0, tenantId, {
      windowTemplate: TEMPLATE,
      windowTemplateLanguages: ["en_US"],
      windowTemplateParameters: { 1: "contact_name|friend", 2: "text", 3: "=today" },
    });
    const templated = await enqueue(conversation, "Your table\nis ready.");
    await waitFor("the template was taken", async () =>
      ["SENT", "DELIVERED", "READ"].includes(await statusOf(templated)),
    );
    const thread = await arrived(ANA, 2);
    expect(thread.at(-1)?.type).toBe("template");
    expect(JSON.stringify(thread.at(-1))).toContain("Your table is ready.");
    await configureDelivery(db, 0, tenantId, { windowTemplate: null, windowTemplateParameters: null });
  });

  test("STOP is confirmed once, then there is silence, and START ends it", async () => {
    await e2e.simulator.write(BEN, "Do you have vegan dishes?");
    await arrived(BEN, 1);
    await e2e.simulator.write(BEN, "STOP");
    expect((await arrived(BEN, 2)).at(-1)?.text).toMatch(/no more messages/);

    await e2e.simulator.write(BEN, "stop", "Are you still there?");
    const conversation = await conversationOf(BEN);
    await waitFor("both are stored", async () => {
      const rows = await e2e.sql("select from public.messages where conversation_id = $1 and direction = 'in'", [
        conversation,
      ]);
      return rows.length === 4;
    });
    // They were stored with whatever was queued for them, in one transaction each.
    expect(await e2e.sql("select from app.queue_ready where lane_id = $1", [conversation])).toEqual([]);
    expect(await outOf(BEN)).toHaveLength(2);

    const refused = await enqueue(conversation, "We miss you!");
    await waitFor("it is refused", async () => (await statusOf(refused)) === "FAILED");
    const [outbound] = await e2e.sql<{ error: { code: string } }>(
      "select error from app.outbound_message where id = $1",
      [refused],
    );
    expect(outbound?.error.code).toBe("BLOCKED_BY_POLICY");

    await e2e.simulator.write(BEN, "START");
    expect((await arrived(BEN, 3)).at(-1)?.text).toMatch(/our messages again/);
    await e2e.simulator.write(BEN, "And gluten-free ones?");
    await arrived(BEN, 4);
    const events = await e2e.sql<{ action: string }>(
      "select e.action from public.consent_events e join public.conversations c using (contact_id) where c.id = $1 order by e.occurred_at, e.recorded_at",
      [conversation],
    );
    expect(events.map(({ action }) => action)).toEqual(["stop", "stop", "resume"]);
  });

  test("more than a burst to one customer is held back, and arrives in order, without a refusal", async () => {
    await e2e.simulator.write(CARA, "Do you have vegan dishes?");
    await arrived(CARA, 1);
    const conversation = await conversationOf(CARA);
    const texts = Array.from({ length: 46 }, (_, n) => `Number ${n + 1}`);
    for (const text of texts) await enqueue(conversation, text);
    const thread = await arrived(CARA, 47);
    expect(thread.slice(1).map(({ text }) => text)).toEqual(texts);
    const [attempts] = await e2e.sql<{ refused: number; tooSoon: number }>(
      `with a as (
         select a.started_at, row_number() over (order by a.started_at) as n, a.state
           from app.outbound_attempt a join app.outbound_message o on o.id = a.outbound_message_id where o.conversation_id = $1
       )
       select (select count(*) from a where state <> 'ACCEPTED') as refused,
              (select count(*) from a x join a y on y.n >= x.n
                where y.n - x.n + 1 > 45 + extract(epoch from y.started_at - x.started_at) / 6) as "tooSoon"`,
      [conversation],
    );
    expect(attempts).toEqual({ refused: 0, tooSoon: 0 });
    report("delivery", { burst: texts.length, ...attempts });
  });

  async function conversationOf(phone: string): Promise<string> {
    const [row] = await e2e.sql<{ id: string }>(
      `select c.id from public.conversations c join public.contact_identities i using (contact_id)
        where i.kind = 'phone' and i.value = $1`,
      [phone],
    );
    return row?.id ?? "";
  }

  /** Puts a text of the agent into a conversation's outbox. */
  async function enqueue(conversation: string, text: string): Promise<string> {
    const [row] = await e2e.sql<{ id: string }>(
      "select app.enqueue_outbound_message(0::smallint, $1, 'agent', $2, jsonb_build_object('type', 'text', 'text', $2::text), gen_random_uuid()::text, 'e2e') as id",
      [conversation, text],
    );
    return row?.id ?? "";
  }

  async function statusOf(outbound: string): Promise<string> {
    const [row] = await e2e.sql<{ status: string }>("select status from app.outbound_message where id = $1", [
      outbound,
    ]);
    return row?.status ?? "";
  }

  async function outOf(phone: string) {
    return (await e2e.simulator.thread(phone)).filter(({ direction }) => direction === "out");
  }

  /** What arrived on a phone, once it is that many. */
  async function arrived(phone: string, count: number) {
    const thread = await waitFor(`${count} messages on the phone`, async () => {
      const out = await outOf(phone);
      return out.length >= count ? out : undefined;
    });
    expect(thread).toHaveLength(count);
    return thread;
  }
});
