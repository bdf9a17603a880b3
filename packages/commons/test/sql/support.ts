// What the tests with real connections share: a tenant of their own (they run in one database, next to each other),
// connections, events, and a way to know that a connection waits for a lock.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { databaseUrl, freeShard } from "../support/database.ts";

/** One connection, as the service role. */
export interface Connection {
  /** Rows of a statement. */
  rows<T extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<T[]>;
  /** The only value of the only row. */
  one<T>(sql: string, values?: readonly unknown[]): Promise<T>;
  /** Its process on the server. */
  readonly pid: number;
}

/** A tenant with an account, and connections that are closed when the test ends. */
export interface House {
  readonly tenantId: string;
  readonly accountId: string;
  /** The account's id at the provider. */
  readonly account: string;
  readonly shard: number;
  connect(): Promise<Connection>;
}

/**
 * Runs a test in a house of its own. Bursts are ready at once.
 * @param test - gets the house and a first connection
 */
export async function withHouse(test: (house: House, connection: Connection) => Promise<void>): Promise<void> {
  const clients: pg.Client[] = [];
  const connect = async (): Promise<Connection> => {
    const client = new pg.Client({ connectionString: databaseUrl, application_name: "switchboard sql test" });
    await client.connect();
    clients.push(client);
    await client.query("set role service_role; set statement_timeout = '30s'");
    const rows: Connection["rows"] = async (sql, values = []) => (await client.query(sql, [...values])).rows;
    const one = async <T>(sql: string, values: readonly unknown[] = []): Promise<T> => {
      const [row] = await rows(sql, values);
      // SAFETY: the caller knows the type of the one column that it asked for.
      return Object.values(row ?? {})[0] as T;
    };
    return { rows, one, pid: await one<number>("select pg_backend_pid()") };
  };
  try {
    const connection = await connect();
    const slug = `t-${randomUUID()}`;
    const account = `acc-${randomUUID()}`;
    const shard = await freeShard({ query: async (sql, values) => ({ rows: await connection.rows(sql, values) }) });
    const tenantId = await connection.one<string>("select app.upsert_tenant($1::smallint, $2, $2)", [shard, slug]);
    await connection.rows("select app.configure_tenant($1::smallint, $2, 0, 0)", [shard, tenantId]);
    const accountId = await connection.one<string>(
      "select app.upsert_whatsapp_account($1::smallint, $2, 'cloud_api', $3, null, 'test', 'agent:test')",
      [shard, tenantId, account],
    );
    // No test runs into the token buckets by chance.
    await connection.rows("select app.configure_sending($1::smallint, $2, null, 10000, null, 1000)", [
      shard,
      accountId,
    ]);
    await test({ tenantId, accountId, account, shard, connect }, connection);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/** An address of a person: `phone:1`, `bsuid:US.1`. */
export type Address = `${"phone" | "bsuid" | "lid"}:${string}`;

/** A customer's message as the doors write it. */
export function message(house: House, id: string, addresses: readonly Address[] = ["phone:1"]): object {
  const identities = addresses.map((address) => {
    const [kind, value] = address.split(":");
    return { kind, value };
  });
  return {
    ...fact(house, `msg:${id}`),
    kind: "message",
    identities,
    message: { id, type: "text", text: `text of ${id}`, content: {} },
    wakes_agent: true,
  };
}

/** A status of the message that the provider calls `id`. */
export function status(house: House, id: string, word: string, callback?: string) {
  return {
    ...fact(house, `status:${id}:${word}`),
    kind: "status",
    message_id: id,
    status: word,
    callback_data: callback ?? null,
  };
}

function fact(house: House, key: string): object {
  return { key, account: house.account, occurred_at: new Date().toISOString(), correlation_id: key, raw: {} };
}

/** What ingest_events counted. */
export interface IngestCounts {
  readonly stored: number;
  readonly duplicates: number;
  readonly raw: number;
  readonly failed: number;
}

/** One POST. */
export async function ingest(connection: Connection, events: readonly object[]): Promise<IngestCounts> {
  return await connection.one<IngestCounts>("select app.ingest_events('cloud_api', $1)", [JSON.stringify(events)]);
}

/** A claimed message. */
export interface Claimed {
  readonly lane_id: string;
  readonly token: string;
  readonly tries: number;
  readonly seq: string;
  readonly payload: { readonly outbound_id?: string; readonly n?: number };
}

/** Claims lanes of the house's shard; the lease is long, nothing expires while a test runs. */
export async function claim(
  connection: Connection,
  house: House,
  options: { readonly queue: "inbound" | "outbound"; readonly lanes?: number; readonly worker?: string },
): Promise<Claimed[]> {
  return await connection.rows<Claimed & pg.QueryResultRow>(
    "select lane_id, token, tries, seq, payload from app.get_next_queue_message($1::smallint, $2, $3, $4, 50, '10 minutes')",
    [house.shard, options.queue, options.worker ?? "w", options.lanes ?? 1],
  );
}

/** Stores an outgoing text in a conversation. */
export async function enqueueOutbound(connection: Connection, house: House, lane: string): Promise<string> {
  return await connection.one<string>(
    "select app.enqueue_outbound_message($1::smallint, $2, 'agent', 'hi', '{\"type\": \"text\"}', $3, 'c')",
    [house.shard, lane, randomUUID()],
  );
}

/** An outbound message that is on its way: what its worker needs to end the attempt. */
export interface Sending {
  readonly lane: string;
  readonly token: string;
  readonly seq: string;
  readonly outboundId: string;
}

/** Stores an outgoing message in a conversation whose lane is idle, claims it, and its attempt has left. */
export async function startSending(connection: Connection, house: House, lane: string): Promise<Sending> {
  const outboundId = await enqueueOutbound(connection, house, lane);
  const claimed = (await claim(connection, house, { queue: "outbound", lanes: 100 })).find(
    (row) => row.lane_id === lane && row.payload.outbound_id === outboundId,
  );
  if (claimed === undefined) throw new Error("the outbound lane was not idle");
  const sending = { lane, token: claimed.token, seq: claimed.seq, outboundId };
  await connection.rows("select app.start_outbound_attempt($1::smallint, $2, $3, $4, $5, 'w')", [
    house.shard,
    lane,
    claimed.token,
    claimed.seq,
    outboundId,
  ]);
  await connection.rows("select app.mark_outbound_io($1::smallint, $2, 1::smallint, $3)", [
    house.shard,
    outboundId,
    claimed.token,
  ]);
  return sending;
}

/** Ends the first attempt: the provider took it as `providerId`. */
export async function accept(
  connection: Connection,
  house: House,
  options: { readonly sending: Sending; readonly providerId: string },
): Promise<string> {
  const { lane, token, seq, outboundId } = options.sending;
  return await connection.one<string>(
    "select app.finish_outbound_attempt($1::smallint, $2, $3, $4, $5, 1::smallint, $6)",
    [house.shard, lane, token, seq, outboundId, { state: "ACCEPTED", provider_message_id: options.providerId }],
  );
}

/** The conversations of the house, oldest first. */
export async function conversations(connection: Connection, house: House): Promise<string[]> {
  const rows = await connection.rows<{ id: string }>(
    "select id from public.conversations where shard = $1 and tenant_id = $2 order by created_at, id",
    [house.shard, house.tenantId],
  );
  return rows.map((row) => row.id);
}

/**
 * Resolves when `waiting` waits for a lock. A test that needs an order of events asks here instead of sleeping.
 * @param observer - another connection
 */
export async function untilBlocked(observer: Connection, waiting: Connection): Promise<void> {
  for (let round = 0; round < 2000; round += 1) {
    if (await observer.one<boolean>("select cardinality(pg_blocking_pids($1)) > 0", [waiting.pid])) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`connection ${waiting.pid} never waited for a lock`);
}

/** The queries of monitoring/webhook-health-checks.sql by their names. */
export function readChecks(): Map<string, string> {
  const file = path.resolve(import.meta.dirname, "../../../../monitoring/webhook-health-checks.sql");
  const [, ...parts] = readFileSync(file, "utf8").split(/^-- name: /m);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf("\n");
      return [part.slice(0, end), part.slice(end + 1)] as const;
    }),
  );
}
