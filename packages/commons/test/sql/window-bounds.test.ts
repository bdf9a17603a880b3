// The window on the queue reads a bounded number of rows, whatever waits: with 30,000 lanes in every state, and none of
// its functions reads a table of the queue from end to end. Postgres itself counts what a transaction reads. In a database of
// its own.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databaseUrl, describeWithPostgres } from "../support/database.ts";

const migrations = path.resolve(import.meta.dirname, "../../../../supabase/migrations");
const NAME = `switchboard_window_${process.pid}`;
const LANES = 30_000;
const TABLES = ["message_queue", "queue_dead_letter", "queue_lane", "queue_ready", "queue_scheduled"];
/** Lanes in four states, and a hundred leases that hold and a hundred that ended: there are as many as there are workers. */
const LOAD = `
  insert into public.tenants (id, slug, name) select md5('t' || n)::uuid, 't' || n, 'T' from generate_series(0, 39) as n;
  create temp table lane as
    select n, md5('l' || n)::uuid as id, md5('t' || case when n % 2 = 0 then 0 else n % 40 end)::uuid as tenant,
           case when n <= 100 then 'leased' when n <= 200 then 'expired' else (array['due', 'resting', 'backing_off', 'parked'])[1 + n % 4] end as state
      from generate_series(1, ${LANES}) as n;
  select app.enqueue_messages(0::smallint, 'inbound', jsonb_agg(jsonb_build_object('lane_id', id, 'tenant_id', tenant, 'kind', 'turn',
    'payload', '{}'::jsonb, 'correlation_id', 'cor') order by id)) from lane;
  update app.queue_ready r
     set at        = case l.state when 'parked' then 'infinity' when 'due' then app.now() when 'expired' then app.now() else app.now() + interval '1 hour' end,
         parked_at = case l.state when 'parked' then app.now() end,
         tries     = case l.state when 'backing_off' then 1 else 0 end,
         leased_by = case when l.state in ('leased', 'expired') then 'w' end,
         token     = case when l.state in ('leased', 'expired') then l.n end
    from lane l where l.id = r.lane_id;
  insert into app.queue_dead_letter (queue, lane_id, seq, tenant_id, kind, payload, correlation_id, tries, error, enqueued_at, dead_at)
    select 'inbound', id, 1, tenant, 'turn', '{}', 'cor', 3, '{"code": "x"}', app.now(), app.now() + n * interval '1 ms' from lane;
  insert into app.queue_scheduled (run_at, queue, lane_id, tenant_id, kind, payload, correlation_id, priority)
    select app.now() + n * interval '1 s', 'inbound', id, tenant, 'turn', '{}', 'cor', 5 from lane;`;

const url = databaseUrl ?? "";
let client: pg.Client;

async function admin(sql: string): Promise<void> {
  const one = new pg.Client({ connectionString: url });
  await one.connect();
  await one.query(sql).finally(() => one.end());
}

interface Reads {
  readonly rows: number;
  readonly scans: number;
}

/** What this session has read of the queue's tables since Postgres last took its counts: rows by all ways, and tables
 * from end to end. */
async function readSoFar(): Promise<Reads> {
  const { rows } = await client.query(
    `select sum(seq_tup_read + idx_tup_fetch)::integer as rows, sum(seq_scan)::integer as scans
       from pg_stat_xact_user_tables where schemaname = 'app' and relname = any ($1)`,
    [TABLES],
  );
  return rows[0];
}

/** What a statement reads of the queue's tables. */
async function readBy(sql: string): Promise<Reads> {
  await client.query("begin"); // the counts are taken between transactions only
  try {
    const before = await readSoFar();
    await client.query(sql);
    const after = await readSoFar();
    return { rows: after.rows - before.rows, scans: after.scans - before.scans };
  } finally {
    await client.query("rollback");
  }
}

describeWithPostgres("the window on a deep queue", () => {
  beforeAll(async () => {
    await admin(`create database ${NAME} template template0`);
    client = new pg.Client({ connectionString: Object.assign(new URL(url), { pathname: `/${NAME}` }).href });
    await client.connect();
    for (const file of readdirSync(migrations).sort())
      await client.query(readFileSync(path.join(migrations, file), "utf8"));
    await client.query(LOAD);
    await client.query(`vacuum analyze ${TABLES.map((table) => `app.${table}`).join(", ")}, public.tenants`);
    await client.query("set role service_role");
  });

  afterAll(async () => {
    await client?.end();
    await admin(`drop database if exists ${NAME} with (force)`);
  });

  test.each([
    // The queue: 4 stretches of 501; its 12 tenants: 2 of 26, each with its lane; leases; messages, letters, scheduled work.
    ["the overview", "select public.queue_overview(p_cap => 500)", 8_000],
    ["lanes in every state", "select public.list_lanes(p_limit => 50)", 1_200],
    ["lanes that are due", "select public.list_lanes(p_state => 'due', p_limit => 50)", 300],
    ["lanes that back off", "select public.list_lanes(p_state => 'backing_off', p_limit => 50)", 2_500],
    ["lanes of a tenant", "select public.list_lanes(p_state => 'resting', p_tenant_id => md5('t1')::uuid)", 2_500],
    ["lanes that are parked", "select public.list_lanes(p_state => 'parked', p_skip => 100)", 500],
    ["one lane", "select public.get_lane(0::smallint, 'inbound', md5('l7')::uuid)", 20],
    ["a page of dead letters", "select * from public.list_dead_letters(0::smallint, p_limit => 50)", 100],
  ])("%s", async (_name, sql, atMost) => {
    const { rows, scans } = await readBy(sql);
    expect(scans).toBe(0);
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThan(atMost);
  });

  test("the count sees it when a table is read from end to end", async () => {
    const { rows, scans } = await readBy("select count(burst_at) from app.queue_ready");
    expect(scans).toBeGreaterThan(0);
    expect(rows).toBeGreaterThanOrEqual(LANES);
  });
});
