// What lies behind, and what waits, costs nothing: the pages that Postgres touches for a claim, a completion, an idle poll, a
// promotion, a sweep, the monitoring queries and the views are the same in a small database and in a big one. Pages and not
// milliseconds, so that it holds on any machine. How big: BIG_LANES, BIG_SCHEDULED and BIG_TURNS, by default so that it
// takes seconds; monitoring/README.md has what a run with 1,000,000, 1,000,000 and 2,000,000 (20 million rows) said. BIG_REPORT=1
// prints the pages.
import { readFileSync } from "node:fs";
import path from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import { createScratchDatabase, type ScratchDatabase } from "../support/scratch-database.ts";
import { readChecks } from "./support.ts";

const size = (name: string, usual: number) => Number(process.env[name] ?? usual);
const BIG = {
  lanes: size("BIG_LANES", 10_000),
  scheduled: size("BIG_SCHEDULED", 10_000),
  turns: size("BIG_TURNS", 10_000),
};
const SMALL = { lanes: 1_000, scheduled: 1_000, turns: 100 };
/** Filling millions of rows takes long; the usual sizes do not. */
const PATIENCE_MS = 60_000 + (BIG.lanes + BIG.scheduled + BIG.turns) * 2;
/** So many rows of a table read one after the other are a scan from end to end. */
const SCAN = Math.min(...Object.values(BIG)) / 2;

/** What the queue does all the time. Each runs in a transaction of its own that is rolled back; `before` is not measured. */
const WORK: Readonly<Record<string, { readonly before?: string; readonly sql: string }>> = {
  "a claim": { sql: claim("inbound", 10) },
  "a claim of one lane": { sql: claim("inbound", 1) },
  "a completion": {
    before: `create temp table claimed on commit drop as ${claim("inbound", 1)}`,
    sql: "select app.complete_queue_messages(0::smallint, 'inbound', lane_id, token, seq) from claimed",
  },
  "an idle poll: when": { sql: "select app.next_queue_at(0::smallint, 'outbound')" },
  "an idle poll: what": { sql: claim("outbound", 10) },
  "a poll of a queue with work": { sql: "select app.next_queue_at(0::smallint, 'inbound')" },
  "a promotion of nothing": { sql: "select app.promote_scheduled(0::smallint)" },
  "a promotion of ten": {
    before: "set local app.fake_now = '2031-03-02 12:30:00Z'",
    sql: "select app.promote_scheduled(0::smallint, 10)",
  },
  "a piece of work that is queued": {
    sql: "select app.enqueue_message(0::smallint, 'inbound', gen_random_uuid(), (select id from public.tenants where slug = 'big1'), 'work', '{}', 'c')",
  },
  "a sweep": { sql: "select app.sweep(0::smallint)" },
  "a sweep of the history": { sql: "select app.sweep_history()" },
};

function claim(queue: string, lanes: number, after = "'-infinity'"): string {
  return `select * from app.get_next_queue_message(0::smallint, '${queue}', 'w', ${lanes}, 50, '30 seconds', p_after => ${after})`;
}

/** Pages that each of these queries touches. */
async function costs(filled: Filled, queries: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  const pages: Record<string, number> = {};
  for (const [name, sql] of Object.entries(queries)) pages[name] = (await filled.cost(sql)).pages;
  return pages;
}

/** Pages touched, and tables of which many rows were read one after the other. */
interface Cost {
  readonly pages: number;
  readonly scanned: readonly string[];
}

/** A database with as much behind it and as much waiting, the same 60 days of traffic, and the clock at 12:30. */
class Filled {
  readonly #database: ScratchDatabase;
  readonly #client: pg.Client;

  private constructor(database: ScratchDatabase, client: pg.Client) {
    this.#database = database;
    this.#client = client;
  }

  static async create(name: string, turns: number): Promise<Filled> {
    const database = await createScratchDatabase(name);
    const client = await database.connect();
    await client.query("set synchronous_commit = off; set app.fake_now = '2031-03-01 12:30:00Z'");
    await client.query(`set bulk.turns = '${turns}'; set history.turns = '6000'; set history.conversations = '600'`);
    for (const file of ["bulk.sql", "history.sql"])
      await client.query(readFileSync(path.join(import.meta.dirname, file), "utf8"));
    await client.query("vacuum analyze");
    return new Filled(database, client);
  }

  /** Puts work into lanes of its own, due since a minute, and as much for tomorrow. */
  async fillQueues({ lanes, scheduled }: { lanes: number; scheduled: number }): Promise<void> {
    await this.#client.query(
      "select app.upsert_tenant(0::smallint, 'big' || n, 'Big') from generate_series(0, 99) as n",
    );
    await this.#client.query("set app.fake_now = '2031-03-01 12:29:00Z'");
    await this.#enqueue("inbound", lanes, "null");
    await this.#enqueue("outbound", scheduled, "'2031-03-02 12:00:00Z'::timestamptz + i * interval '1 second'");
    await this.#client.query("set app.fake_now = '2031-03-01 12:30:00Z'; select app.sweep_history()");
    await this.#client.query("vacuum analyze");
  }

  async #enqueue(queue: string, count: number, runAt: string): Promise<void> {
    for (let from = 0; from < count; from += 5_000)
      await this.#client.query(`
        select app.enqueue_messages(0::smallint, '${queue}', jsonb_agg(jsonb_build_object('lane_id', gen_random_uuid(), 'tenant_id', t.id,
                 'kind', 'work', 'payload', '{}'::jsonb, 'correlation_id', 'c', 'run_at', ${runAt})))
          from generate_series(${from}, ${Math.min(from + 5_000, count) - 1}) as i join public.tenants t on t.slug = 'big' || i % 100`);
  }

  /** What a query costs when it is asked for the second time. */
  async cost(sql: string, before = "select"): Promise<Cost> {
    await this.#measured(sql, before);
    return await this.#measured(sql, before);
  }

  async #measured(sql: string, before: string): Promise<Cost> {
    // What parallel workers read would not be counted among this connection's scans.
    await this.#client.query(
      `begin; set local role service_role; set local max_parallel_workers_per_gather = 0; ${before}`,
    );
    try {
      const { rows: plan } = await this.#client.query(`explain (analyze, buffers, timing off, format json) ${sql}`);
      const top = plan[0]["QUERY PLAN"][0].Plan;
      const { rows: tables } = await this.#client.query<{ relname: string }>(
        "select relname from pg_stat_xact_user_tables where seq_tup_read > $1 order by relname",
        [SCAN],
      );
      return {
        pages: top["Shared Hit Blocks"] + top["Shared Read Blocks"],
        scanned: tables.map(({ relname }) => relname),
      };
    } finally {
      await this.#client.query("rollback");
      // Else they are counted with the next one's.
      await this.#client.query("select pg_stat_force_next_flush()");
    }
  }

  /** Works through so many lanes, each of which is idle afterwards, and leaves one that waits since a second later. */
  async churn(lanes: number): Promise<void> {
    await this.#enqueue("webhook", lanes, "null");
    const done = `select count(app.complete_queue_messages(0::smallint, 'webhook', lane_id, token, seq)) as done from (${claim("webhook", 50)}) as c`;
    for (let worked = 0; worked < lanes; ) {
      const { rows } = await this.#client.query<{ done: string }>(done);
      if (Number(rows[0]?.done) === 0) throw new Error(`only ${worked} of ${lanes} lanes could be claimed`);
      worked += Number(rows[0]?.done);
    }
    await this.#client.query("select set_config('app.fake_now', (app.now() + interval '1 second')::text, false)");
    await this.#enqueue("webhook", 1, "null");
  }

  /** Keeps what is deleted from being forgotten, until the function that is returned is called. */
  async holdHorizon(): Promise<() => Promise<unknown>> {
    const holder = await this.#database.connect();
    await holder.query("begin isolation level repeatable read; select from app.queue_ready limit 1");
    return () => holder.query("rollback");
  }

  async drop(): Promise<void> {
    await this.#database.drop();
  }
}

const report: string[] = [];
let small: Filled;
let big: Filled;

/** The same pages but for the greater depth of the indexes, and no scan. */
async function expectFlat(name: string, sql: string, before?: string): Promise<void> {
  const few = await small.cost(sql, before);
  const many = await big.cost(sql, before);
  report.push(`${name.padEnd(40)} ${String(few.pages).padStart(8)} ${String(many.pages).padStart(8)}`);
  expect(many.scanned).toEqual([]);
  expect(many.pages).toBeLessThanOrEqual(few.pages * 2 + 200);
}

describeWithPostgres(`${BIG.lanes} lanes, ${BIG.scheduled} scheduled, ${BIG.turns} turns behind`, () => {
  beforeAll(async () => {
    small = await Filled.create("small", SMALL.turns);
    big = await Filled.create("big", BIG.turns);
  }, PATIENCE_MS);
  afterAll(async () => {
    await Promise.all([small?.drop(), big?.drop()]);
    if (process.env.BIG_REPORT) process.stdout.write(`pages touched: small, big\n${report.join("\n")}\n`);
  }, PATIENCE_MS);

  test.each([...readChecks()])("%s", async (name, sql) => {
    await expectFlat(name, sql.replace(/;\s*$/, ""));
  });

  test.each(["message_queue_health", "workflow_health"])("the view %s", async (view) => {
    await expectFlat(view, `select * from app.${view}`);
  });

  test("the view ai_agent_usage", async () => {
    await expectFlat("ai_agent_usage", "select * from app.ai_agent_usage where day >= '2031-02-28'");
  });

  test(
    "the queues are filled",
    async () => {
      await small.fillQueues(SMALL);
      await big.fillQueues(BIG);
    },
    PATIENCE_MS,
  );

  test.each(Object.entries(WORK))("%s", async (name, { sql, before }) => {
    await expectFlat(name, sql, before);
  });

  // The index on the time of ready rows begins with the dead entries of all that was worked meanwhile. A worker knows since
  // when work is due (`since`) and passes them over, but for a look at all of it now and then.
  test("a claim and a poll while a transaction holds the horizon and 1,000 lanes have been worked", async () => {
    const asked = {
      claim: claim("webhook", 1, "(select app.now())"),
      poll: "select app.next_queue_at(0::smallint, 'webhook', (select app.now()))",
      "claim that looks at all": claim("webhook", 1),
    };
    const release = await small.holdHorizon();
    try {
      await small.churn(1);
      const before = await costs(small, asked);
      await small.churn(1_000);
      const after = await costs(small, asked);
      for (const name of Object.keys(asked))
        report.push(`a ${name} while the horizon is held: ${before[name]}, after 1,000 lanes ${after[name]}`);
      for (const name of ["claim", "poll"]) expect(after[name]).toBeLessThanOrEqual((before[name] ?? 0) * 2 + 100);
      expect(after["claim that looks at all"]).toBeGreaterThan((after.claim ?? 0) * 2);
    } finally {
      await release();
    }
  });

  test("a scan would be noticed", async () => {
    const sql = "select count(payload) from app.message_queue";
    const { pages, scanned } = await big.cost(sql);
    expect(scanned).toEqual(["message_queue"]);
    expect(pages).toBeGreaterThan((await small.cost(sql)).pages * 3);
  });
});
