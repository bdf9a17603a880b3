// Our own queue, through the functions of the engine, on plain connections with prepared statements. The workers are
// loops here, not the runner: what is measured is the engine.
import { createDatabase } from "@switchboard/commons/db/database.ts";
import { upsertTenant } from "@switchboard/commons/db/tenancy.ts";
import type pg from "pg";
import { connect, disconnect, run, sleep } from "../connect.ts";
import type { Behind, Contender, Crew, Ground } from "../contender.ts";
import { chunksOf, type Load, laneId, TEXT, type Work, workOf } from "../load.ts";

const QUEUE = "webhook";
const LEASE = "30 seconds";
const AS_SERVICE: pg.ClientConfig = { options: "-c role=service_role" };

/** How the workers of one contender are set. */
export interface Crewing {
  /** Lanes a claim. */
  readonly lanes: number;
  /** Messages a lane a claim. */
  readonly perLane: number;
  readonly connections: number;
  /** Tenants that the lanes are spread over. Default: 1. */
  readonly tenants?: number;
}

/** Our queue. */
export function switchboard(crewing: Crewing): Contender {
  const { lanes, perLane, connections, tenants = 1 } = crewing;
  const what = perLane === 1 ? "single" : `bursts of ${perLane}`;
  const spread = tenants === 1 ? "" : `, ${tenants} tenants`;
  return {
    id: `switchboard, ${what}, ${lanes} x ${connections}${spread}`,
    family: "switchboard",
    side: "ours",
    settings: `next_queue_messages: ${lanes} lanes and ${perLane} of each a call, ${connections} connections, leases of ${LEASE}; ${tenants} tenant(s)`,
    install: async (ground) => void (await tenantIds(ground, 20)),
    clear: async (ground) => void (await run(ground.url, `truncate ${(await tables(ground)).join(", ")}`)),
    tables,
    fill: (ground, load) => fill(ground, load, tenants),
    drain: (ground, crew) => drain(ground, crew, crewing),
    async left({ url }) {
      const text = `select count(*) as n from app.message_queue where queue = '${QUEUE}' and not payload ? 'behind'`;
      return Number((await run(url, text))[0]?.n);
    },
    fillBehind,
    behindLater: ["deep"],
    produce,
    listen,
    idle,
  };
}

async function tables({ url }: Ground): Promise<string[]> {
  const rows = await run(
    url,
    `select format('app.%I', c.relname) as name from pg_class c
      where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and (c.relname ~ '^queue_' or c.relname = 'message_queue')
        and c.relname not in ('queue_limits', 'queue_pause')`,
  );
  return rows.map(({ name }) => String(name));
}

/** Tenants of the bench; made when they are not there. */
async function tenantIds({ url }: Ground, count: number): Promise<string[]> {
  const db = createDatabase({ url, role: "service_role", size: 1, applicationName: "bench:queue" });
  try {
    const ids: string[] = [];
    for (let n = 1; n <= count; n++) ids.push(await upsertTenant(db, 0, `bench-${n}`, `Bench ${n}`));
    return ids;
  } finally {
    await db.end();
  }
}

/** A piece of work as enqueue_messages takes it. */
function messageOf(work: Work, tenants: readonly string[]): Record<string, unknown> {
  return {
    lane_id: laneId(work.lane),
    tenant_id: tenants[work.lane % tenants.length],
    kind: "bench",
    payload: work,
    correlation_id: `bench ${work.id}`,
  };
}

async function fill(ground: Ground, load: Load, tenants: number): Promise<void> {
  const ids = await tenantIds(ground, tenants);
  const [client] = await connect(ground.url, 1, AS_SERVICE);
  for (const chunk of chunksOf(load)) {
    const messages = JSON.stringify(chunk.map((work) => messageOf(work, ids)));
    await client?.query({
      name: "fill",
      text: `select app.enqueue_messages(0::smallint, '${QUEUE}', $1::jsonb)`,
      values: [messages],
    });
  }
  await client?.end();
}

/** Other work, through the engine as well, 5,000 pieces a call: of lesser priority, or for tomorrow. */
async function fillBehind(ground: Ground, kind: Behind, rows: number, load: Load): Promise<void> {
  const [tenant] = await tenantIds(ground, 1);
  const [client] = await connect(ground.url, 1, AS_SERVICE);
  const lane = kind === "deep" ? `'lane ' || (g % ${load.lanes})` : "'behind ' || g";
  const late = kind === "scheduled" ? ", 'run_at', now() + interval '1 day' + g * interval '1 ms'" : "";
  const text = `
    select app.enqueue_messages(0::smallint, '${QUEUE}', jsonb_agg(jsonb_build_object('lane_id', md5(${lane})::uuid, 'tenant_id', $3::text,
             'kind', 'bench', 'correlation_id', 'behind', 'priority', 1${late},
             'payload', jsonb_build_object('id', g, 'lane', 0, 'n', 0, 'text', $4::text, 'behind', true)) order by g))
      from generate_series($1::int, $2::int) g`;
  for (let from = 1; from <= rows; from += 5000)
    await client?.query({ name: "behind", text, values: [from, Math.min(from + 4999, rows), tenant, TEXT] });
  await client?.end();
}

/** Lanes that a worker has finished, as the engine takes them. */
interface Done {
  readonly tokens: string[];
  readonly upto: string[];
}
interface Row {
  readonly lane_id: string;
  readonly token: string;
  readonly seq: string;
  readonly since: Date | null;
  readonly payload: Work;
}

const NEXT = `select lane_id, token, seq, since, payload
  from app.next_queue_messages(0::smallint, '${QUEUE}', $1, $2, $3, '${LEASE}', $4::bigint[], $5::bigint[], $6)`;
/** A claim looks at everything that is due this often, and in between at what has become due since the last one. */
const LOOK_AT_ALL_MS = 1000;

/** One worker's calls of the engine: gives back what is done and claims more. */
class Caller {
  readonly #client: pg.Client;
  readonly #worker: string;
  #after: Date | "-infinity" = "-infinity";
  #lookedAt = 0;

  constructor(client: pg.Client, worker: string) {
    this.#client = client;
    this.#worker = worker;
  }

  async next(done: Done, lanes: number, perLane: number): Promise<Row[]> {
    if (performance.now() - this.#lookedAt > LOOK_AT_ALL_MS) {
      this.#after = "-infinity";
      this.#lookedAt = performance.now();
    }
    const values = [this.#worker, lanes, perLane, done.tokens, done.upto, this.#after];
    const { rows } = await this.#client.query<Row>({ name: "next", text: NEXT, values });
    this.#after = rows[0]?.since ?? this.#after;
    return rows;
  }
}

const NOTHING: Done = { tokens: [], upto: [] };

async function drain(
  ground: Ground,
  crew: Crew,
  { lanes, perLane, connections }: Crewing,
): Promise<() => Promise<void>> {
  const clients = await connect(ground.url, connections, AS_SERVICE);
  await Promise.all(
    clients.map(async (client, index) => {
      const caller = new Caller(client, `bench-${index}`);
      let done = NOTHING;
      for (;;) {
        const over = crew.isOver();
        const rows = await caller.next(done, over ? 0 : lanes, perLane);
        if (over) return;
        done = await handleLanes(rows, crew.handle);
        if (rows.length === 0) await sleep(1);
      }
    }),
  );
  return () => disconnect(clients);
}

/** Handles all lanes at once, each lane's messages one after the other. */
async function handleLanes(rows: readonly Row[], handle: Crew["handle"]): Promise<Done> {
  const done: Done = { tokens: [], upto: [] };
  const waits: Promise<void>[] = [];
  for (let from = 0; from < rows.length; ) {
    const lane = rows[from]?.lane_id;
    let to = from + 1;
    while (rows[to]?.lane_id === lane) to++;
    const burst = rows.slice(from, to);
    const wait = handleBurst(burst, handle);
    if (wait !== undefined) waits.push(wait);
    done.tokens.push(burst[0]?.token ?? "");
    done.upto.push(burst.at(-1)?.seq ?? "");
    from = to;
  }
  await Promise.all(waits);
  return done;
}

function handleBurst([first, ...others]: readonly Row[], handle: Crew["handle"]): Promise<void> | undefined {
  if (first === undefined) return undefined;
  const wait = handle(first.payload);
  if (others.length === 0) return wait;
  return wait === undefined ? handleBurst(others, handle) : wait.then(() => handleBurst(others, handle));
}

async function produce(ground: Ground, connections: number) {
  const tenants = await tenantIds(ground, 1);
  const clients = await connect(ground.url, connections, AS_SERVICE);
  const run = crypto.randomUUID();
  return {
    enqueue: async (from: number, count: number, connection: number) => {
      const works = Array.from({ length: count }, (_, i) => workOf(from + i, 1000));
      const [work] = works;
      if (work === undefined) return;
      const one = `select app.enqueue_message(0::smallint, '${QUEUE}', $1, $2, 'bench', $3::jsonb, $4, p_idempotency_key => $5)`;
      const values = [laneId(work.lane), tenants[0], JSON.stringify(work), `bench ${work.id}`, `${run} ${work.id}`];
      const keyed = works.map((each) => ({ ...messageOf(each, tenants), idempotency_key: `${run} ${each.id}` }));
      const many = `select app.enqueue_messages(0::smallint, '${QUEUE}', $1::jsonb)`;
      await clients[connection]?.query(
        count === 1
          ? { name: "one", text: one, values }
          : { name: "many", text: many, values: [JSON.stringify(keyed)] },
      );
    },
    close: () => disconnect(clients),
  };
}

/** One worker, woken by LISTEN, that takes a message at a time. */
async function listen(ground: Ground, handle: (work: Work) => void) {
  const tenants = await tenantIds(ground, 1);
  const clients = await connect(ground.url, 3, AS_SERVICE);
  const [ear, worker, producer] = clients;
  let closed = false;
  let rung = true;
  let wake = () => {};
  ear?.on("notification", () => {
    rung = true;
    wake();
  });
  await ear?.query("listen switchboard_queue");
  await ear?.query(`select app.set_doorbell('${QUEUE}', 'bench-listener', '1 hour')`);
  const loop = (async () => {
    if (worker === undefined) return;
    const caller = new Caller(worker, "bench-listener");
    let done = NOTHING;
    while (!closed) {
      rung = false;
      const rows = await caller.next(done, 10, 1);
      done = await handleLanes(rows, (work) => void handle(work));
      if (rows.length > 0 || rung || closed) continue;
      await Promise.race([new Promise<void>((resolve) => (wake = resolve)), sleep(1000)]);
    }
  })();
  return {
    enqueue: async (work: Work) =>
      producer?.query({
        name: "one",
        text: `select app.enqueue_message(0::smallint, '${QUEUE}', $1, $2, 'bench', $3::jsonb, $4)`,
        values: [laneId(work.lane), tenants[0], JSON.stringify(work), `bench ${work.id}`],
      }),
    close: async () => {
      closed = true;
      wake();
      await loop;
      await disconnect(clients);
    },
  };
}

/** All that a worker of ours asks when there is nothing to do: a claim, what is scheduled, when to come back. */
async function idle(ground: Ground) {
  const clients = await connect(ground.url, 1, AS_SERVICE);
  const [client] = clients;
  const ask = `select app.promote_scheduled(0::smallint) as moved, app.next_queue_at(0::smallint, '${QUEUE}')`;
  return {
    poll: async () => {
      if (client === undefined) return 0;
      const { rows } = await client.query({ name: "ask", text: ask });
      const found = await new Caller(client, "bench-idle").next(NOTHING, 100, 1);
      return found.length + Number(rows[0]?.moved);
    },
    close: () => disconnect(clients),
  };
}
