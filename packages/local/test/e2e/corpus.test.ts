// Every webhook that we know of, three times each, all at once and in any order: each fact is in the database once, and
// nothing is missing. What must be there is counted from the payloads, without the product's parser.
//
//   CORPUS_SEED=1 ... vitest run packages/local/test/e2e/corpus.test.ts
import { createDatabase } from "@switchboard/commons/db/database.ts";
import { upsertTenant, upsertWhatsappAccount } from "@switchboard/commons/db/tenancy.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomFrom, seedFrom } from "../../src/random.ts";
import { type Fact, factsOf, ownPayloads, type Payload, sharedFolder, sharedPayloads } from "./corpus.ts";
import { DEMO_NUMBER, type E2e, postWebhook, report, startE2e } from "./e2e.ts";

const SEED = seedFrom(process.env.CORPUS_SEED);
const COPIES = 3;
const shared = sharedPayloads();
if (shared === undefined)
  console.info(
    `[corpus] skipped: no corpus at ${sharedFolder}; FIXTURES_DIR may name another folder with an index.json.`,
  );

let e2e: E2e;

beforeAll(async () => {
  console.info(`[corpus] CORPUS_SEED=${SEED}`);
  e2e = await startE2e({ name: "corpus", base: 29100, env: { SERVERLESS_DRAIN: "off" } });
  await e2e.stack.program("runner").stop(); // only the door is at work here
});

afterAll(() => e2e?.close());

describe.each([
  { name: "the project's own webhooks", payloads: ownPayloads() },
  { name: "the corpus", payloads: shared ?? [] },
])("$name", ({ name, payloads }) => {
  test.skipIf(payloads.length === 0)("is taken in whole, each fact once", async () => {
    await e2e.sql("truncate public.messages, app.processed_messages, app.webhook_events, app.orphan_statuses cascade");
    const facts = payloads.flatMap(({ body }) => factsOf(body));
    await registerAccounts(e2e, facts);
    const logged = e2e.logs.length;

    const posts = randomFrom(SEED).shuffle(payloads.flatMap((payload) => Array(COPIES).fill(payload) as Payload[]));
    const answers = await Promise.all(
      posts.map(async (payload) => ({
        name: payload.name,
        status: (await postWebhook(e2e.stack, JSON.stringify(payload.body))).status,
      })),
    );
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(e2e.logs.slice(logged).filter((line) => line.startsWith("wa-webhook"))).toEqual([]);

    const expected = {
      message: distinct(facts, "message"),
      update: distinct(facts, "update"),
      status: distinct(facts, "status"),
      other: distinct(facts, "other"),
    };
    // Documentation uses one id for statuses of several days; each of them is a fact, a message with such an id is one.
    const processed = facts.filter(({ place }) => place !== "other").map((fact) => Object.values(fact).join(" "));
    const stored = await readStored(e2e);
    report("corpus", {
      of: name,
      seed: SEED,
      payloads: payloads.length,
      posts: posts.length,
      items: facts.length,
      messages: stored.messages.length,
      updates: stored.updates,
      statuses: stored.statuses.length,
      others: stored.others,
    });
    expect(stored.messages).toEqual(expected.message);
    expect(stored.updates).toBe(expected.update.length);
    expect(stored.statuses).toEqual(expected.status);
    expect(stored.others).toBe(expected.other.length);
    expect(stored.failed).toEqual([]);
    expect(stored.processed).toBe(new Set(processed).size);
  });
});

/** The distinct facts of one place as `account id`, in order. */
function distinct(facts: readonly Fact[], place: Fact["place"]): string[] {
  const ofPlace = facts.filter((fact) => fact.place === place);
  return [
    ...new Set(ofPlace.map(({ account, id, day }) => `${account} ${id}${place === "status" ? ` ${day}` : ""}`)),
  ].sort();
}

/** Registers an account for every number that the payloads name. */
async function registerAccounts({ stack }: E2e, facts: readonly Fact[]): Promise<void> {
  const db = createDatabase({ url: stack.urls.database, role: "service_role", size: 1, applicationName: "e2e corpus" });
  try {
    const tenant = await upsertTenant(db, 0, "corpus", "Corpus");
    for (const account of new Set(facts.map((fact) => fact.account)))
      if (account !== "-" && account !== DEMO_NUMBER)
        await upsertWhatsappAccount(db, 0, tenant, {
          provider: "cloud_api",
          externalId: account,
          displayPhone: account,
          name: account,
          agent: "agent:concierge",
        });
  } finally {
    await db.end();
  }
}

/** What the door has stored, in the form of the independent count; every row counts, also a second one of the same fact. */
async function readStored({ sql }: E2e) {
  const messages = await sql<{ id: string }>(`
    select a.external_id || ' ' || m.provider_message_id as id
      from public.messages m join public.whatsapp_accounts a on a.id = m.account_id`);
  const processed = await sql<{ account: string; key: string; day: string }>(`
    select a.external_id as account, p.key, p.occurred_on::text as day
      from app.processed_messages p join public.whatsapp_accounts a on a.id = p.account_id`);
  const raw = await sql<{ reason: string; error: unknown }>("select reason, error from app.webhook_events");
  const statuses = processed.flatMap(({ account, key, day }) => {
    const match = /^status:(.*):(sent|delivered|read|played|failed)(?::(.*))?$/.exec(key);
    return match === null ? [] : [`${account} ${match[1]} ${match[2]} ${match[3] ?? ""} ${day}`];
  });
  return {
    messages: messages.flatMap(({ id }) => (/ raw:/.test(id) ? [] : [id])).sort(),
    updates: messages.filter(({ id }) => / raw:/.test(id)).length,
    statuses: statuses.sort(),
    processed: processed.length,
    others: raw.length,
    failed: raw.filter(({ error }) => error !== null),
  };
}
