// graphile-worker, with the settings of its own performance test: a local queue of 500 and batched completions.
import { Logger, makeWorkerUtils, runMigrations, run as runWorker } from "graphile-worker";
import pg from "pg";
import { connect, disconnect, run } from "../connect.ts";
import type { Behind, Contender, Crew, Ground } from "../contender.ts";
import { chunksOf, type Load, TEXT, type Work, workOf } from "../load.ts";

const SCHEMA = "graphile_worker";
const JOBS = `${SCHEMA}._private_jobs`;
const QUEUES = `${SCHEMA}._private_job_queues`;
const TASK = "bench";
const logger = new Logger(() => () => {});

/** With `concurrency` jobs in hand at once and a poll each `pollMs`. */
export function graphileWorker(concurrency: number, pollMs: number): Contender {
  return {
    id: `graphile-worker, c${concurrency}`,
    family: "graphile-worker",
    side: "peer",
    settings: `concurrentJobs ${concurrency}, maxPoolSize 25, localQueue 500 (refetchDelay 10 ms), completeJobBatchDelay 0, failJobBatchDelay 0, pollInterval ${pollMs} ms; in order: a queue name for each lane`,
    install,
    clear: async ({ url }) => void (await run(url, `truncate ${JOBS}, ${QUEUES}`)),
    tables: async () => [JOBS, QUEUES],
    fill,
    drain: (ground, crew) => drain(ground, crew, concurrency, pollMs),
    left: async ({ url }) =>
      Number((await run(url, `select count(*) as n from ${JOBS} where priority = 0 and run_at <= now()`))[0]?.n),
    fillBehind,
    produce,
    listen,
    idle,
  };
}

async function install({ url }: Ground): Promise<void> {
  const pgPool = poolOf(url, 4);
  await runMigrations({ pgPool, schema: SCHEMA, logger });
  const utils = await makeWorkerUtils({ pgPool, schema: SCHEMA, logger });
  await utils.addJob(TASK, {}); // makes the task's row
  await utils.release();
  await pgPool.end();
}

async function fill({ url }: Ground, load: Load): Promise<void> {
  const [client] = await connect(url);
  const text = `select count(*) from ${SCHEMA}.add_jobs(array(select json_populate_recordset(null::${SCHEMA}.job_spec, $1::json)))`;
  for (const chunk of chunksOf(load)) {
    const specs = chunk.map((payload) => ({
      identifier: TASK,
      payload,
      queue_name: load.ordered ? `c${payload.lane}` : null,
    }));
    await client?.query(text, [JSON.stringify(specs)]);
  }
  await client?.end();
}

/** Put into its tables directly: of lesser priority (10), or for tomorrow. */
async function fillBehind({ url }: Ground, kind: Behind, rows: number, load: Load): Promise<void> {
  const payload = `json_build_object('id', g, 'lane', 0, 'n', 0, 'text', '${TEXT}', 'behind', true)`;
  const task = `(select id from ${SCHEMA}._private_tasks where identifier = '${TASK}')`;
  const at = kind === "scheduled" ? "now() + interval '1 day' + g * interval '1 ms'" : "now()";
  const name = kind === "deep" ? `'c' || (g % ${load.lanes})` : "'b' || g";
  const named = load.ordered && kind !== "scheduled";
  if (named)
    await run(
      url,
      `insert into ${QUEUES} (queue_name) select distinct ${name} from generate_series(1, ${rows}) g on conflict do nothing`,
    );
  await run(
    url,
    `insert into ${JOBS} (task_id, payload, priority, run_at${named ? ", job_queue_id" : ""})
     select ${task}, ${payload}, 10, ${at}${named ? ", q.id" : ""} from generate_series(1, ${rows}) g
     ${named ? `join ${QUEUES} q on q.queue_name = ${name}` : ""}`,
  );
}

async function drain({ url }: Ground, crew: Crew, concurrentJobs: number, pollInterval: number) {
  const pgPool = poolOf(url, 25);
  const runner = await runWorker({
    pgPool,
    logger,
    noHandleSignals: true,
    preset: {
      worker: {
        schema: SCHEMA,
        concurrentJobs,
        maxPoolSize: 25,
        pollInterval,
        localQueue: { size: 500, refetchDelay: { durationMs: 10 } },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
    // SAFETY: the payloads of this task are all ours.
    taskList: { [TASK]: (payload) => crew.handle(payload as Work) },
  });
  await crew.over;
  await runner.stop(); // its completions are written behind the handlers' backs: this waits for them
  return () => pgPool.end();
}

async function produce({ url }: Ground, connections: number) {
  const pgPool = poolOf(url, connections);
  const utils = await makeWorkerUtils({ pgPool, schema: SCHEMA, logger });
  return {
    enqueue: async (from: number, count: number) => {
      if (count === 1) return await utils.addJob(TASK, workOf(from, 1000));
      const specs = Array.from({ length: count }, (_, i) => ({ identifier: TASK, payload: workOf(from + i, 1000) }));
      return await utils.addJobs(specs);
    },
    close: async () => {
      await utils.release();
      await pgPool.end();
    },
  };
}

async function listen({ url }: Ground, handle: (work: Work) => void) {
  const pgPool = poolOf(url, 12);
  const runner = await runWorker({
    pgPool,
    logger,
    noHandleSignals: true,
    preset: { worker: { schema: SCHEMA, concurrentJobs: 10 } },
    // SAFETY: the payloads of this task are all ours.
    taskList: { [TASK]: (payload) => handle(payload as Work) },
  });
  return {
    enqueue: (work: Work) => runner.addJob(TASK, work),
    close: async () => {
      await runner.stop();
      await pgPool.end();
    },
  };
}

/** The library's own claim statement for batches (dist/sql/getJobs.js), as a worker of this one task asks it. */
async function idle({ url }: Ground) {
  const clients = await connect(url);
  const [client] = clients;
  const text = `
    with j_raw as (
      select jobs.job_queue_id, jobs.priority, jobs.run_at, jobs.id from ${JOBS} as jobs
       where jobs.is_available = true and run_at <= now() and task_id = any ($2::int[])
         and (jobs.job_queue_id is null or jobs.job_queue_id in (
               select id from ${QUEUES} as job_queues where job_queues.is_available = true for update skip locked))
       order by priority asc, run_at asc limit 500 for update skip locked
    ), j as (
      select distinct on (job_queue_id, case when job_queue_id is null then id end) job_queue_id, priority, run_at, id
        from j_raw order by job_queue_id, case when job_queue_id is null then id end, priority asc, run_at asc
    ), q as (
      update ${QUEUES} as job_queues set locked_by = $1::text, locked_at = now() from j where job_queues.id = j.job_queue_id
    )
    update ${JOBS} as jobs set attempts = jobs.attempts + 1, locked_by = $1::text, locked_at = now() from j
     where jobs.id = j.id returning jobs.id`;
  const tasks = (await run(url, `select id from ${SCHEMA}._private_tasks`)).map(({ id }) => id);
  return {
    poll: async () => (await client?.query({ name: "idle", text, values: ["bench", tasks] }))?.rows.length ?? 0,
    close: () => disconnect(clients),
  };
}

function poolOf(connectionString: string, max: number): pg.Pool {
  const pool = new pg.Pool({ connectionString, max, application_name: "bench:queue" });
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}
