// From a message written on a phone to the answer on the same phone: simulator, webhook, queue, runner, agent, outbox and
// back, with every customer writing the next message as soon as the last one is answered.
import type { Database } from "@switchboard/commons/db/database.ts";
import { configureSending } from "@switchboard/commons/db/delivery.ts";
import { configureTenant, listAccounts, upsertTenant } from "@switchboard/commons/db/tenancy.ts";
import type { Stack } from "@switchboard/local/stack.ts";
import { PhoneWatch } from "./phone-watch.ts";
import { type Summary, summarise } from "./statistics.ts";

/** One number of customers under one quiet time. */
export interface PhoneCell extends Summary {
  /** How long the tenant waits for more of a burst before it answers. */
  readonly quietMs: number;
  readonly inFlight: number;
  readonly answersPerSecond: number;
  /** Messages without an answer after 20 s. */
  readonly unanswered: number;
  /** Webhooks that all this made for an answer: the message and the statuses of the answer. */
  readonly webhooksPerAnswer: number;
  /** Business messages for an answer; not 1: the measured time ends at the first. */
  readonly messagesPerAnswer: number;
}

/** How it is measured. */
export interface PhoneOptions {
  readonly stack: Stack;
  readonly db: Database;
  readonly inFlight: readonly number[];
  readonly quietMs: readonly number[];
  /** Of one cell; nothing is written after it. */
  readonly milliseconds: number;
  readonly onProgress: (words: string) => void;
}

const QUESTIONS = [
  "When are you open on Sunday?",
  "Is there parking?",
  "Do you have vegan dishes?",
  "May I bring my dog?",
];
const ANSWER_MS = 20_000;

/** Measures on the demo tenant. */
export async function measurePhones(options: PhoneOptions): Promise<PhoneCell[]> {
  const { stack, db } = options;
  const tenantId = await upsertTenant(db, 0, "demo", "Luna Bistro");
  // Meta's limits on sends would decide the result; and the simulator shall not hold webhooks back.
  await post(`${stack.urls.simulator}/chaos`, {
    throttle: { perSecond: null, pairBurst: null, windowHours: null },
    maxInFlight: 200,
  });
  for (const account of await listAccounts(db, 0))
    await configureSending(db, 0, account.id, { sendRatePerSecond: 10_000, pairIntervalMs: 1, pairBurst: 1000 });
  const watch = new PhoneWatch();
  await watch.open(stack.urls.simulator);
  const cells: PhoneCell[] = [];
  try {
    options.onProgress("warming up: every customer's first message");
    await configureTenant(db, 0, tenantId, { burstQuietMs: 0 });
    const phones = phoneNumbers(Math.max(...options.inFlight));
    await Promise.all(phones.map((phone) => ask(options, watch, { phone, count: 0 })));
    await settled(stack);
    for (const quietMs of options.quietMs) {
      await configureTenant(db, 0, tenantId, { burstQuietMs: quietMs });
      for (const inFlight of options.inFlight) {
        options.onProgress(`${inFlight} customers, quiet time ${quietMs} ms`);
        cells.push(await measureCell(options, watch, { quietMs, inFlight }));
      }
    }
  } finally {
    watch.close();
  }
  return cells;
}

async function measureCell(
  options: PhoneOptions,
  watch: PhoneWatch,
  { quietMs, inFlight }: { readonly quietMs: number; readonly inFlight: number },
): Promise<PhoneCell> {
  const { stack, milliseconds } = options;
  const latencies: number[] = [];
  let unanswered = 0;
  const before = await counts(stack);
  const began = performance.now();
  const customer = async (phone: string, index: number) => {
    for (let count = index; performance.now() - began < milliseconds; count += 1) {
      const latency = await ask(options, watch, { phone, count });
      if (latency === undefined) unanswered += 1;
      else latencies.push(latency);
    }
  };
  await Promise.all(phoneNumbers(inFlight).map(customer));
  const elapsed = performance.now() - began;
  const after = await settled(stack);
  const answers = Math.max(1, latencies.length);
  return {
    quietMs,
    inFlight,
    ...summarise(latencies),
    answersPerSecond: latencies.length / (elapsed / 1000),
    unanswered,
    webhooksPerAnswer: (after.webhooksPosted - before.webhooksPosted) / answers,
    messagesPerAnswer: (after.acceptedSends - before.acceptedSends) / answers,
  };
}

/** Writes one message and waits for the answer; the time between, in milliseconds. */
async function ask(
  { stack }: PhoneOptions,
  watch: PhoneWatch,
  { phone, count }: { readonly phone: string; readonly count: number },
): Promise<number | undefined> {
  const answer = watch.next(phone, ANSWER_MS);
  const written = Date.now();
  const text = QUESTIONS[count % QUESTIONS.length];
  await post(`${stack.urls.simulator}/phones/${phone}/messages`, { type: "text", text });
  const message = await answer;
  return message === undefined ? undefined : Date.parse(message.at) - written;
}

function phoneNumbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `1555010${1000 + index}`);
}

interface Counts {
  readonly webhooksPosted: number;
  readonly acceptedSends: number;
  readonly webhooksWaiting: number;
  readonly webhooksInFlight: number;
}

async function counts(stack: Stack): Promise<Counts> {
  return await (await fetch(`${stack.urls.simulator}/stats`)).json();
}

/** The counters once the last statuses are delivered, so that they do not disturb the next cell. */
async function settled(stack: Stack): Promise<Counts> {
  let last = await counts(stack);
  for (let tries = 0; tries < 20; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const now = await counts(stack);
    if (now.webhooksPosted === last.webhooksPosted && now.webhooksWaiting + now.webhooksInFlight === 0) return now;
    last = now;
  }
  return last;
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const words = await response.text();
  if (!response.ok) throw new Error(`The simulator answered ${response.status} to ${new URL(url).pathname}: ${words}`);
}
