// A small world for tests against Postgres: a tenant with an account in a shard of its own, an agent and a WhatsApp on
// real sockets, customers who write, and the handlers' context between them.
import { onTestFinished } from "vitest";
import { encryptCredentials, type MasterKeys, parseMasterKeys } from "../../src/credentials.ts";
import { callValue, type DatabasePool } from "../../src/db/database.ts";
import { configureSending } from "../../src/db/delivery.ts";
import type { IngestResult } from "../../src/db/intake.ts";
import { configureTenant, setAccountCredentials, upsertTenant, upsertWhatsappAccount } from "../../src/db/tenancy.ts";
import { createAccountStore } from "../../src/handlers/accounts.ts";
import type { HandlerContext } from "../../src/handlers/handler.ts";
import { TurnWatch } from "../../src/handlers/turn-watch.ts";
import type { JsonObject } from "../../src/json.ts";
import { createLogger } from "../../src/log.ts";
import { getProvider } from "../../src/providers/index.ts";
import { ServiceRegistry } from "../../src/services/service-registry.ts";
import { openStorage } from "../../src/storage/storage.ts";
import { ingest } from "../../src/work/ingest.ts";
import { freeShard } from "./database.ts";
import { says, startTestServer, type TestServer, takes } from "./http-server.ts";

/** Meta's name of the Graph API's version, wherever the tests need one. */
const GRAPH_API_VERSION = "v26.0";

/** A world. */
export interface World {
  readonly shard: number;
  readonly tenantId: string;
  readonly accountId: string;
  readonly externalId: string;
  /** Name of the service that answers. */
  readonly service: string;
  readonly agent: TestServer;
  readonly whatsapp: TestServer;
  readonly context: HandlerContext & { readonly db: DatabasePool };
  readonly keys: MasterKeys;
  /** Log lines of the context. */
  readonly lines: string[];
  /** A customer writes one message. */
  receives(text: string, from?: string): Promise<IngestResult>;
  /** WhatsApp tells how far a message of ours came. */
  receivesStatus(status: "sent" | "delivered" | "failed", about: StatusAbout): Promise<IngestResult>;
  /** Rows of a query whose first parameter is the shard. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  rows(text: string, ...values: unknown[]): Promise<any[]>;
  /** Makes everything that waits for a time claimable now: time passes. */
  timePasses(): Promise<void>;
}

/** Which message of ours a status is about. */
export interface StatusAbout {
  readonly messageId: string;
  readonly callbackData?: string;
  readonly error?: JsonObject;
}

let count = 0;

/** What else a world may have. */
export interface WorldOptions {
  /** Address of the project whose Storage keeps files; without one, Storage is away. */
  readonly storageUrl?: string;
  /** Address of the Graph API; without one, the world's own WhatsApp. */
  readonly graphUrl?: string;
}

/** Makes a world; its servers are closed behind the test. */
export async function createWorld(db: DatabasePool, options: WorldOptions = {}): Promise<World> {
  count += 1;
  const id = `${process.pid}-${Date.now()}-${count}`;
  const shard = await freeShard(db);
  const service = `agent:test-${id}`;
  // As long as a phone number id of Meta's may be.
  const externalId = `9${id.replaceAll("-", "").slice(-19)}`;
  const tenantId = await upsertTenant(db, shard, `test-${id}`, "Test");
  await configureTenant(db, shard, tenantId, { burstQuietMs: 0, burstMaxWaitMs: 0 });
  const number = { provider: "cloud_api", externalId, displayPhone: "", name: "Test", agent: service };
  const accountId = await upsertWhatsappAccount(db, shard, tenantId, number);
  const keys = await parseMasterKeys(`k1:${btoa("k".repeat(32))}`);
  // No test runs into the token buckets by chance.
  await configureSending(db, shard, accountId, { sendRatePerSecond: 10_000, pairBurst: 1000 });
  const encrypted = await encryptCredentials({ accessToken: "token" }, keys, accountId);
  await setAccountCredentials(db, shard, accountId, encrypted);

  const agent = await startTestServer(says("Hello"));
  const whatsapp = await startTestServer(takes);
  const { lines, context } = contextOf({ db, keys, service, agent, whatsapp, ...options });
  onTestFinished(async () => {
    await context.registry.stop();
    await Promise.all([agent.close(), whatsapp.close()]);
  });
  let events = 0;
  const deliver = (event: JsonObject & { kind: "message" | "status" }) => {
    events += 1;
    const base = { key: `${id}:${events}`, account: externalId, occurredAt: new Date().toISOString(), raw: {} };
    // SAFETY: the callers below give what each kind of event has.
    return ingest(db, "cloud_api", [{ ...base, ...event } as never], `corr-${id}-${events}`);
  };

  return {
    ...{ shard, tenantId, accountId, externalId, service, agent, whatsapp, context, keys, lines },
    receives: (text, from = "15550100") =>
      deliver({
        kind: "message",
        wakesAgent: true,
        from: { identities: [{ kind: "phone", value: from }] },
        message: { id: `wamid.in.${id}.${events}`, type: "text", text, content: {} },
      }),
    receivesStatus: (status, about) => deliver({ kind: "status", status, ...about }),
    rows: async (text, ...values) => (await db.query(text, [shard, ...values])).rows,
    timePasses: async () => {
      await db.query("update app.queue_ready set at = app.now() where shard = $1", [shard]);
      await db.query("update app.outbound_attempt set next_retry_at = null where shard = $1", [shard]);
      await db.query(
        "update app.account_send_state set blocked_until = app.now() where shard = $1 and state = 'slowed'",
        [shard],
      );
    },
  };
}

function contextOf(parts: {
  db: DatabasePool;
  keys: MasterKeys;
  service: string;
  agent: TestServer;
  whatsapp: TestServer;
  storageUrl?: string;
  graphUrl?: string;
}) {
  const { db, keys, service, agent, whatsapp, storageUrl = "http://127.0.0.1:1" } = parts;
  const lines: string[] = [];
  const log = createLogger("test", "debug", (line) => lines.push(line));
  const registry = new ServiceRegistry({ log });
  registry.registerService({ name: service, kind: "agent", timeoutMs: 20_000, maxAttempts: 1 });
  registry.registerEndpoint(service, agent.url);
  const settings = { GRAPH_API_URL: parts.graphUrl ?? whatsapp.url, GRAPH_API_VERSION };
  const accounts = createAccountStore(db, keys);
  const provider: HandlerContext["provider"] = (name) => getProvider(name, settings);
  return {
    lines,
    context: {
      db,
      accounts,
      storage: openStorage({ SUPABASE_URL: storageUrl, SUPABASE_SECRET_KEYS: { default: "sb_secret_test" } }),
      registry,
      provider,
      turnWatch: new TurnWatch(db, { log, lookMs: 20 }),
      log,
      worker: "test worker",
    },
  };
}

/** Puts a message of ours into the outbox of the conversation with the first customer; returns its id. */
export async function enqueueOutbound(world: World, content: JsonObject, key: string): Promise<string> {
  const [conversation] = await world.rows(
    "select id from public.conversations where shard = $1 order by created_at limit 1",
  );
  return await callValue(world.context.db, "enqueue_outbound_message", {
    p_shard: world.shard,
    p_conversation_id: conversation.id,
    p_author: "agent",
    p_body: "",
    p_content: content,
    p_idempotency_key: key,
    p_correlation_id: `corr-${key}`,
  });
}
