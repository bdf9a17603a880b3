// The physical limit without order: the least that a queue with a lease can do. Claim 100 (an update that skips locked
// rows), delete 100.

import { connect, disconnect, run, sleep } from "../connect.ts";
import type { Contender, Crew, Ground } from "../contender.ts";
import { chunksOf, workOf } from "../load.ts";

const CONNECTIONS = 8;
const BATCH = 100;
const CLAIM = `
  with next as materialized (
    select id from bench_raw.job where locked_at is null order by id limit $1 for update skip locked)
  update bench_raw.job j set locked_at = now() from next where j.id = next.id returning j.id, j.payload`;

/** Claim 100, delete 100. */
export const raw: Contender = {
  id: "raw, claim 100 delete 100",
  family: "raw",
  side: "limit",
  settings: `${CONNECTIONS} connections, ${BATCH} rows a claim; no order, no lanes, no tries, nothing but SKIP LOCKED`,
  async install({ url }) {
    await run(
      url,
      "create schema bench_raw",
      "create table bench_raw.job (id bigint generated always as identity primary key, locked_at timestamptz, payload jsonb not null)",
      "create index job_open on bench_raw.job (id) where locked_at is null",
    );
  },
  async clear({ url }) {
    await run(url, "truncate bench_raw.job");
  },
  tables: async () => ["bench_raw.job"],
  async fill({ url }, load) {
    const [client] = await connect(url);
    for (const chunk of chunksOf(load))
      await client?.query("insert into bench_raw.job (payload) select unnest($1::jsonb[])", [
        chunk.map((work) => JSON.stringify(work)),
      ]);
    await client?.end();
  },
  async drain(ground, crew) {
    const clients = await connect(ground.url, CONNECTIONS);
    await Promise.all(clients.map((client) => work(client, crew)));
    return () => disconnect(clients);
  },
  async left({ url }) {
    return Number((await run(url, "select count(*) as n from bench_raw.job"))[0]?.n);
  },
  produce: (ground, connections) => produce(ground, connections),
};

async function work(client: Awaited<ReturnType<typeof connect>>[number], crew: Crew): Promise<void> {
  while (!crew.isOver()) {
    const { rows } = await client.query({ name: "claim", text: CLAIM, values: [BATCH] });
    if (rows.length === 0) {
      await sleep(1);
      continue;
    }
    await Promise.all(rows.map((row) => crew.handle(row.payload)));
    const ids = rows.map((row) => row.id);
    await client.query({
      name: "delete",
      text: "delete from bench_raw.job where id = any ($1::bigint[])",
      values: [ids],
    });
  }
}

async function produce({ url }: Ground, connections: number) {
  const clients = await connect(url, connections);
  const one = { name: "one", text: "insert into bench_raw.job (payload) values ($1::jsonb)" };
  const many = { name: "many", text: "insert into bench_raw.job (payload) select unnest($1::jsonb[])" };
  return {
    enqueue: async (from: number, count: number, connection: number) => {
      const payloads = Array.from({ length: count }, (_, i) => JSON.stringify(workOf(from + i, 1000)));
      const values: unknown[] = count === 1 ? payloads : [payloads];
      await clients[connection]?.query({ ...(count === 1 ? one : many), values });
    },
    close: () => disconnect(clients),
  };
}
