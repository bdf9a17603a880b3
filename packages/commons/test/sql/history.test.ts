// Partitions are made and dropped beside transactions that are open: nobody waits for long, and nothing fails. With real
// connections, in a database of its own, because others would be in the way of what is dropped.
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import { createScratchDatabase, type ScratchDatabase } from "../support/scratch-database.ts";

let database: ScratchDatabase;

/** A connection as the service role, whose clock stands at `at`. */
async function connect(at: string): Promise<pg.Client> {
  const client = await database.connect();
  await client.query("set role service_role; set statement_timeout = '20s'");
  await client.query("select set_config('app.fake_now', $1, false)", [at]);
  return client;
}

/** The value of a query. */
async function one(client: pg.Client, sql: string): Promise<unknown> {
  const { rows } = await client.query(sql);
  return Object.values(rows[0] ?? {})[0];
}

const finish = (at: string) => `
  insert into app.queue_history (queue, lane_id, seq, tenant_id, kind, correlation_id, tries, enqueued_at, finished_at)
  select 'inbound', gen_random_uuid(), n, gen_random_uuid(), 'turn', 'c', 1, '${at}', '${at}' from generate_series(1, 3) as n`;
const DAYS = "select count(*)::integer from pg_class where relname ~ 'queue_history_2041' and relkind = 'r'";

describeWithPostgres("the history's partitions", () => {
  beforeAll(async () => {
    database = await createScratchDatabase("history");
    // What the migration made for the present days.
    await one(await connect("2041-02-01 12:00Z"), "select app.drop_old_history()");
  });
  afterAll(() => database?.drop());

  test("are made while transactions are open that write and read others of them", async () => {
    const [writer, reader, sweeper] = [
      await connect("2041-03-01 12:00Z"),
      await connect("2041-03-01 12:00Z"),
      await connect("2041-03-01 12:00Z"),
    ];
    expect(await one(sweeper, "select app.prepare_history(0)")).toBe(8);
    await writer.query(`begin; ${finish("2041-03-01 12:00Z")}`);
    await reader.query(
      "begin; select count(*) from app.queue_history where finished_at >= '2041-03-01 12:00Z'::timestamptz and finished_at < '2041-03-01 13:00Z'",
    );
    expect(await one(sweeper, "select app.prepare_history(1)")).toBe(4);
    await Promise.all([writer.query("commit"), reader.query("commit")]);
    expect(await one(reader, DAYS)).toBe(3);
  });

  test("that are old stay while somebody is in their table, who is not held up, and go afterwards", async () => {
    const [writer, other, sweeper] = [
      await connect("2041-03-20 12:00Z"),
      await connect("2041-03-20 12:00Z"),
      await connect("2041-03-20 12:00Z"),
    ];
    await one(sweeper, "select app.prepare_history(0)");
    await writer.query(`begin; ${finish("2041-03-20 12:00Z")}`);
    expect(await one(sweeper, "select app.drop_old_history() -> 'busy'")).toEqual(["queue_history_20410228"]);
    await other.query(finish("2041-03-20 12:00Z"));
    await writer.query(`${finish("2041-03-20 12:01Z")}; commit`);
    expect(await one(sweeper, "select app.drop_old_history() -> 'dropped'")).toEqual([
      "queue_history_20410228",
      "queue_history_20410301",
      "queue_history_20410302",
    ]);
    expect(await one(sweeper, "select count(*)::integer from app.queue_history")).toBe(9);
  });

  test("that nobody made fail nobody: the day stays in the default partition until it is old, the next one has its own", async () => {
    const client = await connect("2041-06-01 12:00Z");
    await client.query(finish("2041-06-01 12:00Z"));
    expect(await one(client, "select app.prepare_history(2)")).toBe(15);
    await client.query(`${finish("2041-06-01 13:00Z")}; ${finish("2041-06-02 12:00Z")}`);
    const places = `select array_agg(format('%s %s', place, n) order by place) from (
      select tableoid::regclass::text as place, count(*) as n from app.queue_history where finished_at >= '2041-06-01' group by 1) as x`;
    expect(await one(client, places)).toEqual(["app.queue_history_20410602 3", "app.queue_history_default 6"]);
    await client.query("set app.fake_now = '2041-06-08 12:30Z'");
    expect(await one(client, "select app.drop_old_history() -> 'deleted'")).toBe(3);
    await client.query("set app.fake_now = '2041-06-08 13:30Z'");
    expect(await one(client, "select app.drop_old_history() -> 'deleted'")).toBe(3);
    expect(await one(client, places)).toEqual(["app.queue_history_20410602 3"]);
  });

  test("are not made twice by two sweepers at once", async () => {
    const [first, second] = [await connect("2041-09-01 12:00Z"), await connect("2041-09-01 12:00Z")];
    await first.query("begin");
    expect(await one(first, "select app.prepare_history(0)")).toBe(8);
    expect(await one(second, "select app.sweep_history()")).toEqual({ prepared: 0 });
    await first.query("commit");
    expect(await one(second, "select app.prepare_history(0)")).toBe(0);
  });

  test("a shard is not swept by two at once", async () => {
    const [first, second] = [await connect("2041-09-01 12:00Z"), await connect("2041-09-01 12:00Z")];
    await first.query("begin");
    expect(await one(first, "select app.sweep(0::smallint)")).toMatchObject({ promoted: 0 });
    expect(await one(second, "select app.sweep(0::smallint)")).toBe(null);
    expect(await one(second, "select app.sweep(1::smallint)")).toMatchObject({ promoted: 0 });
    await first.query("commit");
    expect(await one(second, "select app.sweep(0::smallint)")).toMatchObject({ promoted: 0 });
  });
});
