// Many conversations while the runner is killed again and again, one agent copy dies for good, webhooks come twice, one send
// in ten is taken without an answer and one in ten is refused before it is taken. At the end every message has been answered, once, and in order: counted in Postgres, on the
// customers' phones, and on the wire between the two.
//
//   CHAOS_SECONDS=600 CHAOS_CONVERSATIONS=1000 CHAOS_SEED=1 ... vitest run packages/local/test/e2e/chaos.test.ts
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Program } from "../../src/programs.ts";
import { type Random, randomFrom, seedFrom } from "../../src/random.ts";
import { type E2e, portsOf, report, startE2e, waitFor } from "./e2e.ts";
import { type Conversation, readConversations } from "./ledger.ts";
import type { PhoneMessage } from "./simulator.ts";
import { type Exchange, startWire, type Wire } from "./wire.ts";

const SECONDS = Number(process.env.CHAOS_SECONDS ?? 35);
const CONVERSATIONS = Number(process.env.CHAOS_CONVERSATIONS ?? 200);
const SEED = seedFrom(process.env.CHAOS_SEED);
const MESSAGES = 5;
const LEASE_SECONDS = 5;
const BASE = 29200;
/** How likely a send is taken and delivered while its sender gets no answer, and how likely it is refused with a 5xx. */
const FATES = { hangProbability: 0.1, refuseProbability: 0.1 };
/** Seconds between attempts, in place of minutes: the test is not to wait. */
const RETRY_SECONDS = [1, 2, 4, 8, 16];
/** When the runner is killed: at any moment, when it has begun a turn, when its send is (or is not) with the provider. */
const MOMENTS = ["any", "turn", "send taken", "send lost"] as const;
type Moment = (typeof MOMENTS)[number];
/** Longer than a lease now and then: a runner that takes over finds sends of which nothing was heard yet. */
const STATUS_DELAY_MS = { min: 50, max: 8000 };

const questions = [
  "What are your opening hours?",
  "Do you have vegan dishes?",
  "Where are you?",
  "Can I bring my dog?",
  "Do you deliver?",
  "Is there parking?",
  "Do you have wifi?",
  "How can I pay?",
] as const;

const ports = portsOf(BASE);
const random = randomFrom(SEED);
const phones = Array.from({ length: CONVERSATIONS }, (_, index) => String(15552000000 + index));
const written = new Map<string, string[]>();
const figures: Record<string, unknown> = { seed: SEED, conversations: CONVERSATIONS, seconds: SECONDS };
const began = performance.now();
let wire: Wire | undefined;
let e2e: E2e;
let runs: Conversation[];
let threads: Map<string, PhoneMessage[]>;

beforeAll(
  async () => {
    console.info(`[chaos] CHAOS_SEED=${SEED}`);
    wire = await startWire(ports.wire, ports);
    e2e = await startE2e({
      name: "chaos",
      base: BASE,
      env: {
        QUEUE_LEASE_SECONDS: String(LEASE_SECONDS),
        SIMULATOR_WEBHOOK_URL: `${wire.url}/functions/v1/wa-webhook/cloud-api`,
        GRAPH_API_URL: wire.url,
      },
    });
    await e2e.simulator.chaos({
      duplicate: 1,
      duplicateProbability: 0.5,
      statusDelayMs: STATUS_DELAY_MS,
      throttle: { perSecond: null, pairBurst: null },
      graph: FATES,
      seed: SEED % 2 ** 31,
    });
    await e2e.sql(
      "select app.configure_delivery(shard, id, jsonb_build_object('send_retry_s', $1::integer[])) from public.tenants",
      [RETRY_SECONDS],
    );
    const stopKilling = new AbortController();
    const killing = killRunner(e2e.stack.program("runner"), wire, stopKilling.signal);
    const dying = dieHalfway(e2e.stack.program(`agent-${ports.agents[0]}`));
    await Promise.all(phones.map((phone) => talk(phone, randomFrom(random.between(0, 2 ** 31)))));
    await dying;
    stopKilling.abort();
    Object.assign(figures, await killing, { trafficMs: elapsed() });
    await untilQuiet(e2e);
    runs = await readConversations(e2e.sql, phones);
    threads = new Map(
      await Promise.all(phones.map(async (phone) => [phone, await e2e.simulator.thread(phone)] as const)),
    );
  },
  (SECONDS + 240) * 1000,
);

afterAll(async () => {
  await e2e?.close();
  await wire?.close();
  report("chaos", { ...figures, totalMs: elapsed() });
}, 60_000);

describe(`${CONVERSATIONS} conversations under chaos (seed ${SEED})`, () => {
  test("did go through it: kills, retries, copies, sends of unknown end", async () => {
    const [row] = await e2e.sql<Record<string, number>>(`
      select (select count(*) from app.turns) as turns,
             (select count(*) from app.turns where tries > 1) as "turnsTriedAgain",
             (select coalesce(sum(superseded), 0) from app.turns) as "answersDropped",
             (select count(*) from app.outbound_message where status <> 'CANCELLED') as replies,
             (select count(*) from app.outbound_message where status = 'CANCELLED') as "repliesTakenBack",
             (select count(*) from app.outbound_attempt where error_code is not null) as "unknownSends",
             (select count(*) from app.outbound_attempt where error_code = 'worker_lost') as "workersLostMidSend",
             (select count(*) from app.outbound_attempt where state = 'REJECTED' and response is not null) as "refusedSends",
             (select count(*) from app.outbound_attempt where attempt_no > 1) as "sentAgain"`);
    const { webhookCopies, webhookRetries, acceptedSends, hungSends, refusedBefore } = await e2e.simulator.stats();
    Object.assign(figures, row, { webhookCopies, webhookRetries, acceptedSends, hungSends, refusedBefore });
    expect(Number(figures.kills)).toBeGreaterThan(0);
    expect(webhookCopies).toBeGreaterThan(0);
    expect(row?.unknownSends).toBeGreaterThan(0);
    expect(hungSends).toBeGreaterThan(0);
    expect(refusedBefore).toBeGreaterThan(0);
    expect(row?.refusedSends).toBeGreaterThan(0);
    expect(row?.turns).toBeLessThan(CONVERSATIONS * MESSAGES); // bursts became single turns
  });

  test("every message was kept, once", () => {
    const kept = runs.map(({ inbound }) => inbound.map(({ providerId }) => providerId).sort());
    const sent = phones.map((phone) => [...(written.get(phone) ?? [])].sort());
    expect(sent.flat()).toHaveLength(CONVERSATIONS * MESSAGES);
    expect(kept).toEqual(sent);
  });

  test("every message belongs to exactly one turn, the turns follow each other without a gap, all are answered", () => {
    const wrong = runs.flatMap(({ phone, inbound, turns }) => {
      const covered = turns.flatMap(({ id, firstSeq, lastSeq }) =>
        Array.from({ length: lastSeq - firstSeq + 1 }, (_, offset) => `${firstSeq + offset} ${id}`),
      );
      const expected = inbound.map(({ turnId }, index) => `${index + 1} ${turnId}`);
      const unanswered = turns.filter(({ status, replies }) => status !== "answered" || replies < 1);
      return covered.join() === expected.join() && unanswered.length === 0 ? [] : [{ phone, inbound, turns }];
    });
    expect(wrong).toEqual([]);
  });

  test("every reply arrived on its phone exactly once, and nothing else did", () => {
    for (const { phone, outbound } of runs) {
      const arrived = (threads.get(phone) ?? []).filter(({ direction }) => direction === "out");
      const ids = arrived.map((message) => message.biz_opaque_callback_data ?? "without id");
      expect(ids.sort(), phone).toEqual(outbound.map(({ id }) => id).sort());
    }
  });

  test("what was taken back because the customer wrote more was never tried, and its turn was answered anew", async () => {
    const takenBack = runs.flatMap(({ cancelled }) => cancelled);
    const [row] = await e2e.sql<{ tried: number; unanswered: number; reasons: number }>(
      `select (select count(*) from app.outbound_attempt a where a.outbound_message_id = any ($1) and a.state <> 'REJECTED') as tried,
              (select count(*) from app.turns t where t.superseded > 0 and t.status <> 'answered') as unanswered,
              (select count(*) from app.outbound_message o where o.id = any ($1) and o.error ->> 'code' = 'superseded') as reasons`,
      [takenBack],
    );
    expect(row).toEqual({ tried: 0, unanswered: 0, reasons: takenBack.length });
  });

  test("the provider took no message twice: by the simulator's record, and by what went over the wire", async () => {
    const { duplicateSends, acceptedSends } = await e2e.simulator.stats();
    const replies = runs.flatMap(({ outbound }) => outbound);
    expect({ duplicateSends, acceptedSends }).toEqual({ duplicateSends: 0, acceptedSends: replies.length });
    const taken = (await e2e.simulator.sends()).filter(({ accepted }) => accepted);
    const ids = replies.map(({ id }) => id).sort();
    expect(taken.map(({ biz_opaque_callback_data: id }) => id).sort()).toEqual(ids);
    const sends = exchanges("graph").filter(({ status }) => status < 500);
    expect(sends.flatMap((exchange) => callbackOf(exchange) ?? []).sort()).toEqual(ids);
  });

  test("every reply went all the way to read", () => {
    const states = Map.groupBy(
      runs.flatMap(({ outbound }) => outbound),
      ({ status }) => status,
    );
    expect([...states.keys()]).toEqual(["READ"]);
  });

  test("messages are stored in the order in which the door took them in", () => {
    const doors = doorTimes();
    let pairs = 0;
    const wrong = runs.flatMap(({ phone, inbound }) =>
      inbound.flatMap((later, index) =>
        inbound.slice(0, index).flatMap((earlier) => {
          // `earlier` has the lower position, so it may not have come after `later` was answered 200.
          const [a, b] = [doors.get(earlier.providerId), doors.get(later.providerId)];
          if (a === undefined || b === undefined) return [{ phone, earlier, later }];
          if (a.answered < b.came) pairs += 1;
          return b.answered < a.came ? [{ phone, earlier, later }] : [];
        }),
      ),
    );
    figures.orderedPairs = pairs;
    expect(wrong).toEqual([]);
    expect(pairs).toBeGreaterThan(0);
  });

  test("replies arrived in the order of their turns", () => {
    for (const { phone, turns, outbound } of runs) {
      const order = new Map(turns.map(({ id }, index) => [id, index]));
      const byTurn = outbound.map(({ turnId }) => order.get(turnId) ?? -1);
      expect(byTurn, phone).toEqual([...byTurn].sort((a, b) => a - b));
      const arrived = (threads.get(phone) ?? [])
        .filter(({ direction }) => direction === "out")
        .sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
      expect(
        arrived.map((message) => message.biz_opaque_callback_data),
        phone,
      ).toEqual(outbound.map(({ id }) => id));
    }
  });

  test("each conversation's memory holds every turn once, in order", () => {
    for (const { phone, inbound, outbound, memory } of runs) {
      const texts = (role: string) => memory.filter((entry) => entry.role === role).map(({ text }) => text);
      expect(texts("user"), phone).toEqual(inbound.map(({ body }) => body));
      expect(texts("assistant"), phone).toEqual(outbound.map(({ body }) => body));
    }
  });

  test("nothing is left over: no work, no dead letters, no statuses without a message", async () => {
    const [row] = await e2e.sql(`
      select (select count(*) from app.message_queue) as queued,
             (select count(*) from app.queue_ready) as ready,
             (select count(*) from app.queue_dead_letter) as dead,
             (select count(*) from app.orphan_statuses) as orphans,
             (select count(*) from app.webhook_events) as raw,
             (select count(*) from app.outbound_attempt where state not in ('ACCEPTED', 'UNKNOWN', 'REJECTED')) as open`);
    expect(row).toEqual({ queued: 0, ready: 0, dead: 0, orphans: 0, raw: 0, open: 0 });
  });
});

/** One customer: five messages in two or three flurries, spread over the time. */
async function talk(phone: string, dice: Random): Promise<void> {
  const flurries = dice.pick([
    [2, 3],
    [3, 2],
    [1, 3, 1],
    [4, 1],
    [2, 2, 1],
  ]);
  const times = flurries.map(() => dice.between(0, SECONDS * 1000)).sort((a, b) => a - b);
  for (const [index, size] of flurries.entries()) {
    await until((times[index] ?? 0) + began0());
    for (let count = 0; count < size; count += 1) {
      const ids = written.get(phone) ?? [];
      written.set(phone, [...ids, ...(await e2e.simulator.write(phone, dice.pick(questions)))]);
      await pause(dice.between(0, 300));
    }
  }
}

/** Kills the runner every few seconds, often at a moment that hurts, and starts it again. */
async function killRunner(runner: Program, tap: Wire, signal: AbortSignal) {
  const kills = new Map<string, number>();
  const struck = new Set<string>();
  for (let moments: Moment[] = []; !signal.aborted; ) {
    await pause(random.between(2000, 5000), signal);
    if (moments.length === 0) moments = random.shuffle(MOMENTS);
    const wanted = moments.pop() ?? "any";
    const moment = (await strike(runner, tap, { moment: wanted, struck })) ? wanted : "any";
    await runner.kill();
    kills.set(moment, (kills.get(moment) ?? 0) + 1);
    await runner.start();
  }
  const total = [...kills.values()].reduce((sum, count) => sum + count, 0);
  return { kills: total, ...Object.fromEntries([...kills].map(([moment, count]) => [`kills(${moment})`, count])) };
}

/** Kills the runner at the next such moment; false when none came. No send is hit twice: the tenant's policy ends there. */
function strike(
  runner: Program,
  tap: Wire,
  { moment, struck }: { readonly moment: Moment; readonly struck: Set<string> },
): Promise<boolean> {
  if (moment === "any") return Promise.resolve(false);
  return new Promise((resolve) => {
    const fits = (exchange: Exchange) => {
      if (exchange.kind !== "graph") return false;
      const id = callbackOf(exchange);
      if (exchange.body === "") return false; // templates are read
      return moment === "turn" ? id === undefined : id !== undefined && !struck.has(id);
    };
    const callOff = tap.intercept(fits, async (exchange) => {
      struck.add(callbackOf(exchange) ?? "");
      await runner.kill();
      resolve(true);
      return moment === "send lost" ? "drop" : "pass";
    });
    setTimeout(() => {
      callOff();
      resolve(false);
    }, 3000);
  });
}

/** Ends one copy of the agents without a warning, and for good. */
async function dieHalfway(agent: Program): Promise<void> {
  await until((SECONDS * 1000) / 2 + began0());
  await agent.kill();
}

/** Waits until the queues are empty, every reply is read, and the simulator has nothing more to post. */
async function untilQuiet({ sql, simulator }: E2e): Promise<void> {
  const look = async () => {
    const [row] = await sql<Record<string, number>>(`
      select (select count(*) from app.queue_ready) as ready,
             (select count(*) from app.outbound_message where status not in ('READ', 'CANCELLED')) as unread,
             (select count(*) from public.messages where direction = 'in') as kept`);
    const { webhooksWaiting, webhooksInFlight } = await simulator.stats();
    return { ...row, webhooksWaiting, webhooksInFlight };
  };
  const quiet = async () => {
    const seen = await look();
    const { kept = 0, ...rest } = seen as Record<string, number>;
    return kept >= CONVERSATIONS * MESSAGES && Object.values(rest).every((count) => count === 0);
  };
  // What is not quiet by then is what the tests below report in detail.
  await waitFor("everything is answered and read", quiet, { seen: look }).catch((error) => console.warn(String(error)));
  figures.quietMs = elapsed();
}

/** When each message first came to the door, and when it was first answered 200. */
function doorTimes(): Map<string, { came: number; answered: number }> {
  const times = new Map<string, { came: number; answered: number }>();
  for (const { body, startedAt, endedAt, status } of exchanges("webhook"))
    for (const [, id = ""] of body.matchAll(/"id":"(wamid[^"]+)","timestamp":"\d+","type"/g)) {
      const key = id.replaceAll("\\/", "/");
      const known = times.get(key) ?? { came: Number.POSITIVE_INFINITY, answered: Number.POSITIVE_INFINITY };
      known.came = Math.min(known.came, startedAt);
      if (status === 200) known.answered = Math.min(known.answered, endedAt);
      times.set(key, known);
    }
  return times;
}

function exchanges(kind: Exchange["kind"]): Exchange[] {
  return (wire?.exchanges ?? []).filter((exchange) => exchange.kind === kind);
}

/** Our id of a message that goes out; undefined for a read mark and for reading templates. */
function callbackOf({ body }: Exchange): string | undefined {
  if (body === "") return undefined;
  const { biz_opaque_callback_data: id } = JSON.parse(body);
  return typeof id === "string" ? id : undefined;
}

let first: number | undefined;
/** When the traffic began, on the clock of `performance`. */
function began0(): number {
  first ??= performance.now();
  return first;
}

function elapsed(): number {
  return Math.round(performance.now() - began);
}

function until(time: number): Promise<void> {
  return pause(Math.max(0, time - performance.now()));
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
