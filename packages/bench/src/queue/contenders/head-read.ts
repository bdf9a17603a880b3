// A queue as pgmq's: one table with a visibility time, reads that move it, deletes by id. The extension cannot be
// installed beside the measured server, so these two functions do what its documentation says of read() and
// read_grouped_head(): the oldest message of each group, of up to n groups, found by GROUP BY over the table; a group
// whose oldest message is in somebody's hands gives nothing.
import type pg from "pg";
import { connect, disconnect, run, sleep } from "../connect.ts";
import type { Contender, Crew, Ground } from "../contender.ts";
import { chunksOf, TEXT } from "../load.ts";

const SCHEMA = `
create schema bench_head;
create table bench_head.message (
  msg_id       bigint generated always as identity primary key,
  read_ct      integer not null default 0,
  enqueued_at  timestamptz not null default now(),
  last_read_at timestamptz,
  vt           timestamptz not null,
  message      jsonb not null,
  headers      jsonb
);
create index message_vt on bench_head.message (vt);
create function bench_head.read (p_vt integer, p_qty integer) returns setof bench_head.message language sql as $$
  with next as (
    select msg_id from bench_head.message where vt <= clock_timestamp() order by msg_id limit p_qty for update skip locked)
  update bench_head.message m set vt = clock_timestamp() + make_interval(secs => p_vt), read_ct = m.read_ct + 1,
         last_read_at = clock_timestamp()
    from next where m.msg_id = next.msg_id returning m.*;
$$;
create function bench_head.read_grouped_head (p_vt integer, p_qty integer) returns setof bench_head.message language sql as $$
  with head as materialized (
    select min(msg_id) as msg_id from bench_head.message group by coalesce(headers ->> 'group', 'default')
  ), next as materialized (
    select m.msg_id from head join bench_head.message m on m.msg_id = head.msg_id
     where m.vt <= clock_timestamp() order by m.msg_id limit p_qty for update of m skip locked)
  update bench_head.message m set vt = clock_timestamp() + make_interval(secs => p_vt), read_ct = m.read_ct + 1,
         last_read_at = clock_timestamp()
    from next where m.msg_id = next.msg_id returning m.*;
$$;`;

/** The grouped head read: order within a group. */
export const headRead = (batch: number, connections: number): Contender =>
  create(`grouped head read (as pgmq's), ${batch} x ${connections}`, {
    call: "select msg_id, message from bench_head.read_grouped_head(30, $1)",
    batch,
    connections,
  });

/** The plain read: no order. */
export const visibilityRead: Contender = create("visibility read (as pgmq's), 100 x 8", {
  call: "select msg_id, message from bench_head.read(30, $1)",
  batch: 100,
  connections: 8,
});

interface Reading {
  readonly call: string;
  readonly batch: number;
  readonly connections: number;
}

function create(id: string, reading: Reading): Contender {
  return {
    id,
    family: "head read",
    side: "peer",
    settings: `our own SQL of what pgmq documents; ${reading.batch} messages a read, ${reading.connections} connections, deletes by array of ids`,
    async install({ url }) {
      await run(url, SCHEMA);
    },
    async clear({ url }) {
      await run(url, "truncate bench_head.message");
    },
    tables: async () => ["bench_head.message"],
    fill,
    async drain(ground, crew) {
      const clients = await connect(ground.url, reading.connections);
      await Promise.all(clients.map((client) => work(client, reading, crew)));
      return () => disconnect(clients);
    },
    async left({ url }) {
      const wanted = "select count(*) as n from bench_head.message where not message ? 'behind'";
      return Number((await run(url, wanted))[0]?.n);
    },
    fillBehind,
    behindLater: ["waiting", "deep"],
  };
}

async function fill({ url }: Ground, load: Parameters<Contender["fill"]>[1]): Promise<void> {
  const [client] = await connect(url);
  for (const chunk of chunksOf(load))
    await client?.query(
      "insert into bench_head.message (vt, message, headers) select clock_timestamp(), * from unnest($1::jsonb[], $2::jsonb[])",
      [chunk.map((one) => JSON.stringify(one)), chunk.map(({ lane }) => JSON.stringify({ group: `c${lane}` }))],
    );
  await client?.end();
}

/** It has no priorities: what is to lie behind must come later, so it is put in after the wanted work. */
async function fillBehind({ url }: Ground, kind: string, rows: number, load: { lanes: number }): Promise<void> {
  const group = kind === "deep" ? `'c' || (g % ${load.lanes})` : "'b' || g";
  const vt = kind === "scheduled" ? "now() + interval '1 day' + g * interval '1 ms'" : "now()";
  await run(url, {
    text: `insert into bench_head.message (vt, message, headers)
           select ${vt}, jsonb_build_object('id', g, 'lane', 0, 'n', 0, 'text', $2::text, 'behind', true),
                  jsonb_build_object('group', ${group})
             from generate_series(1, $1::int) g`,
    values: [rows, TEXT],
  });
}

async function work(client: pg.Client, { call, batch }: Reading, crew: Crew): Promise<void> {
  while (!crew.isOver()) {
    const { rows } = await client.query({ name: "read", text: call, values: [batch] });
    if (rows.length === 0) {
      await sleep(1);
      continue;
    }
    await Promise.all(rows.map((row) => crew.handle(row.message)));
    const text = "delete from bench_head.message where msg_id = any ($1::bigint[])";
    await client.query({ name: "delete", text, values: [rows.map((row) => row.msg_id)] });
  }
}
