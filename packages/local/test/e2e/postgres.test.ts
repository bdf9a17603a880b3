// Postgres breaks down in the middle of traffic and comes back: the door says 503 meanwhile, everything recovers by
// itself, and what was answered 200 is there and answered.
import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type E2e, postWebhook, report, startE2e, textWebhook, waitFor } from "./e2e.ts";
import { type Conversation, readConversations } from "./ledger.ts";
import type { SimulatorStats } from "./simulator.ts";

const CUSTOMERS = 30;
/** What goes on when Postgres breaks down, one round each. */
const MOMENTS = ["webhooks come in", "answers go out", "statuses come in"] as const;
const phones = Array.from({ length: CUSTOMERS }, (_, index) => String(15556000000 + index));
/** A refusal comes at once when nobody listens; this is only there so that a hanging door fails the test. */
const QUICKLY_MS = 15_000;

let e2e: E2e;
/** Ids that the test itself posted and that were answered 200. */
const promised: string[] = [];
const refusals: number[] = [];
let number = 0;

beforeAll(async () => {
  e2e = await startE2e({ name: "postgres", base: 29300, env: { QUEUE_LEASE_SECONDS: "5" } });
  await e2e.simulator.chaos({ retry: { firstMs: 200, maxMs: 2000 }, throttle: { perSecond: null, pairBurst: null } });
});
afterAll(() => e2e?.close());

describe("Postgres ends and comes back in the middle of traffic", () => {
  test("the door answers 503 while it is away, and 200 again afterwards", async () => {
    const { postgres } = e2e.stack;
    for (const [round, moment] of MOMENTS.entries()) {
      const before = await e2e.simulator.stats();
      const traffic = Promise.all([writeAll(round), postAll()]);
      await waitFor(moment, () => isMoment(moment, before));
      await postgres.stop("immediate");
      e2e.logs.length = 0;
      const { webhooksRefused } = await e2e.simulator.stats();
      const answer = await post(QUICKLY_MS);
      expect(answer.status).toBe(503);
      expect(answer.headers.get("retry-after")).not.toBeNull();
      const ready = await fetch(`${e2e.stack.urls.functions}/health/ready`, {
        signal: AbortSignal.timeout(QUICKLY_MS),
      });
      expect(ready.status).toBe(503);
      await waitFor("the outage is felt", async () => {
        const stats = await e2e.simulator.stats();
        const runnerKnows = e2e.logs.some((line) => line.startsWith("runner warn:"));
        return (
          runnerKnows &&
          (stats.webhooksRefused > webhooksRefused || stats.webhooksWaiting + stats.webhooksInFlight === 0)
        );
      });
      await postgres.start();
      await waitFor("the door is open again", async () => (await post(QUICKLY_MS)).status === 200);
      await traffic;
    }
  });

  test("what was answered 200 is there, once, and answered", async () => {
    const own = await e2e.sql<{ id: string }>(
      "select provider_message_id as id from public.messages where provider_message_id like 'wamid.PROMISED%' order by 1",
    );
    expect(own.map(({ id }) => id)).toEqual(expect.arrayContaining(promised));
    await waitFor("all that customers wrote was taken in", async () =>
      (await written()).every(({ status }) => status === "delivered" || status === "read"),
    );
    await waitFor("everything is answered", async () => (await unanswered()).length === 0, { seen: unanswered });

    const conversations = await readConversations(e2e.sql, phones);
    for (const conversation of conversations) await expectSettled(conversation);
    const { webhooksRefused, webhookRetries, acceptedSends, duplicateSends } = await e2e.simulator.stats();
    report("postgres", {
      rounds: MOMENTS.length,
      promised: promised.length,
      refusedByDoor: refusals.filter((status) => status === 503).length,
      refusedOtherwise: refusals.filter((status) => status !== 503).length,
      webhooksRefused,
      webhookRetries,
      acceptedSends,
      duplicateSends,
    });
    expect(duplicateSends).toBe(0);
    expect(refusals.filter((status) => status !== 503)).toEqual([]);
  });

  test("every part recovered by itself", async () => {
    const { urls, keys, programs } = e2e.stack;
    for (const program of programs.values()) expect(program.running, program.name).toBe(true);
    await waitFor("the platform is ready", async () => (await fetch(`${urls.functions}/health/ready`)).ok);
    const status = await waitFor("the runner listens again", async () => {
      const answer: { listening: boolean } = await (await fetch(`${urls.runner}/status`)).json();
      return answer.listening ? answer : undefined;
    });
    expect(status.listening).toBe(true);
    const { data, error } = await createClient(urls.gateway, keys.secret).from("tenants").select("slug");
    expect({ data, error }).toEqual({ data: [{ slug: "demo" }], error: null });
  });
});

/** Whether the traffic of a round has come so far; `before`: the counters when the round began. */
async function isMoment(moment: (typeof MOMENTS)[number], before: SimulatorStats): Promise<boolean> {
  const now = await e2e.simulator.stats();
  if (moment === "webhooks come in") return now.webhooksAccepted > before.webhooksAccepted + CUSTOMERS / 3;
  if (moment === "answers go out") return now.acceptedSends > before.acceptedSends + CUSTOMERS / 4;
  return now.statuses > before.statuses + CUSTOMERS;
}

/** Every customer writes once on the simulator's phone. */
async function writeAll(round: number): Promise<void> {
  const texts = ["Do you have wifi?", "Is there parking?", "Where are you?"];
  await Promise.all(phones.map((phone) => e2e.simulator.write(phone, texts[round % texts.length] ?? "Hello")));
}

/** Webhooks of the test's own, whose answers it sees; sent until each was answered 200, as Meta does. */
async function postAll(): Promise<void> {
  await Promise.all(
    Array.from({ length: 20 }, () => {
      const id = nextId();
      return waitFor(`${id} is taken in`, async () => (await post(60_000, id)).status === 200);
    }),
  );
}

async function post(patienceMs: number, id = nextId()): Promise<Response> {
  const from = phones[number % CUSTOMERS] ?? "";
  const body = JSON.stringify(textWebhook([{ from, id, text: "What are your opening hours?" }]));
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`The door has not answered for ${patienceMs / 1000} s.`)), patienceMs).unref();
  });
  const answer = await Promise.race([postWebhook(e2e.stack, body), late]);
  if (answer.status === 200) promised.push(id);
  else refusals.push(answer.status);
  return answer;
}

function nextId(): string {
  number += 1;
  return `wamid.PROMISED${String(number).padStart(5, "0")}`;
}

/** What customers wrote on the simulator's phones. */
async function written() {
  const threads = await Promise.all(phones.map((phone) => e2e.simulator.thread(phone)));
  return threads.flat().filter(({ direction }) => direction === "in");
}

/** Messages without an answered turn, and replies that were not read, but for those that were taken back; by their state. */
async function unanswered(): Promise<object[]> {
  return await e2e.sql(`
    select 'in' as direction, coalesce(t.status, 'no turn') as status, t.reason as why, count(*)
      from public.messages m left join app.turns t on t.id = m.turn_id
     where m.direction = 'in' and t.status is distinct from 'answered' group by 2, 3
    union all
    select 'out', o.status, o.error ->> 'code', count(*) from app.outbound_message o where o.status not in ('READ', 'CANCELLED') group by 2, 3`);
}

/** All that stands on the phone is in Postgres, each message in one turn, each reply on the phone once and in order. */
async function expectSettled({ phone, inbound, turns, outbound }: Conversation): Promise<void> {
  const thread = await e2e.simulator.thread(phone);
  const kept = new Set(inbound.map(({ providerId }) => providerId));
  const missing = thread.filter(({ direction, id }) => direction === "in" && !kept.has(id));
  expect(missing, phone).toEqual([]);
  const covered = turns.flatMap(({ id, firstSeq, lastSeq }) => Array(lastSeq - firstSeq + 1).fill(id));
  expect(
    inbound.map(({ turnId }) => turnId),
    phone,
  ).toEqual(covered);
  const arrived = thread.filter(({ direction }) => direction === "out");
  expect(
    arrived.map((message) => message.biz_opaque_callback_data),
    phone,
  ).toEqual(outbound.map(({ id }) => id));
}
