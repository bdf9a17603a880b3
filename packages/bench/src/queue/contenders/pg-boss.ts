// pg-boss: a queue in a partition of its own; work() in batches of 500, and for the order fetch() and complete() loops,
// so that a short fetch never waits for a poll.
import { type Job, PgBoss } from "pg-boss";
import { run, sleep } from "../connect.ts";
import type { Behind, Contender, Crew, Ground } from "../contender.ts";
import { chunksOf, type Load, TEXT, type Work, workOf } from "../load.ts";

const SCHEMA = "pgboss";
const QUEUES = { plain: "plain", fifo: "fifo", group: "grouped", notify: "notified" } as const;
type Queue = (typeof QUEUES)[keyof typeof QUEUES];
/** How the order is kept: by the policy, by one job of a group at a time, or not at all. */
type Order = "key_strict_fifo" | "groupConcurrency" | "none";

/** Loops of fetch and complete that keep the order. */
export const pgBossOrdered = (order: Exclude<Order, "none">, batch: number, loops: number): Contender =>
  create(`pg-boss, ${order} ${batch} x ${loops}`, { order, batch, loops });

/** work() without order. */
export const pgBoss: Contender = create("pg-boss, work batch 500 x 8", { order: "none", batch: 500, loops: 8 });

interface Style {
  readonly order: Order;
  readonly batch: number;
  readonly loops: number;
}

function create(id: string, style: Style): Contender {
  const { order, batch, loops } = style;
  const queue = order === "none" ? QUEUES.plain : order === "groupConcurrency" ? QUEUES.group : QUEUES.fifo;
  return {
    id,
    family: `pg-boss ${queue}`,
    side: "peer",
    settings:
      order === "none"
        ? `a partition of its own, work() with batchSize ${batch}, localConcurrency ${loops}, burstWhenBatchFull; supervise and schedule off`
        : `a partition of its own, ${loops} loops of fetch(batchSize ${batch}) and complete(), ${order}; supervise and schedule off`,
    install: (ground) => install(ground, queue, order),
    clear: async (ground) => void (await run(ground.url, `truncate ${await tableOf(ground, queue)}`)),
    tables: async () => [`${SCHEMA}.job`],
    fill: (ground, load) => fill(ground, load, { queue, order }),
    drain: (ground, crew) =>
      order === "none" ? work(ground, crew, style) : fetchLoops(ground, crew, { ...style, queue }),
    async left(ground) {
      const text = `select count(*) as n from ${await tableOf(ground, queue)}
                     where state < 'completed' and start_after <= now() and not data ? 'behind'`;
      return Number((await run(ground.url, text))[0]?.n);
    },
    fillBehind: (ground, kind, rows, load) => fillBehind(ground, { kind, rows, load, queue, order }),
    produce,
    listen,
    idle,
  };
}

async function start({ url }: Ground, max: number, more: { useListenNotify?: boolean } = {}): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: url,
    max,
    schema: SCHEMA,
    supervise: false,
    schedule: false,
    registerInstance: false,
    ...more,
  });
  boss.on("error", (error) => console.error(`pg-boss: ${error.message}`));
  await boss.start();
  return boss;
}

async function install(ground: Ground, queue: Queue, order: Order): Promise<void> {
  const boss = await start(ground, 4);
  await boss.createQueue(queue, { partition: true, ...(order === "key_strict_fifo" ? { policy: order } : {}) });
  if (order === "none") await boss.createQueue(QUEUES.notify, { partition: true, notify: true });
  await boss.stop({ graceful: false });
}

async function tableOf({ url }: Ground, queue: Queue): Promise<string> {
  const rows = await run(url, { text: `select table_name from ${SCHEMA}.queue where name = $1`, values: [queue] });
  return `${SCHEMA}.${rows[0]?.table_name}`;
}

async function fill(ground: Ground, load: Load, { queue, order }: { queue: Queue; order: Order }): Promise<void> {
  const boss = await start(ground, 2);
  const keyOf = (lane: number) => {
    if (order === "groupConcurrency") return { group: { id: `c${lane}` } };
    return order === "key_strict_fifo" ? { singletonKey: `c${lane}` } : {};
  };
  for (const chunk of chunksOf(load))
    await boss.insert(
      queue,
      chunk.map((data) => ({ data, ...keyOf(data.lane) })),
    );
  await boss.stop({ graceful: false });
}

/** Put into its table directly: of lesser priority (of a later time where the order counts), or for tomorrow. */
async function fillBehind(
  ground: Ground,
  { kind, rows, load, queue, order }: { kind: Behind; rows: number; load: Load; queue: Queue; order: Order },
): Promise<void> {
  const key = kind === "deep" ? `'c' || (g % ${load.lanes})` : "'b' || g";
  const policy = order === "key_strict_fifo" ? "key_strict_fifo" : "standard";
  const at = kind === "scheduled" ? "now() + interval '1 day' + g * interval '1 ms'" : "now()";
  // Within a key the order goes by created_on; a lesser priority would be taken as disorder.
  const later = kind === "deep" ? "now() + interval '1 hour' + g * interval '1 us'" : "now()";
  await run(
    ground.url,
    `insert into ${await tableOf(ground, queue)}
       (name, data, priority, start_after, keep_until, policy, singleton_key, group_id, created_on)
     select '${queue}', jsonb_build_object('id', g, 'lane', 0, 'n', 0, 'text', '${TEXT}', 'behind', true),
            ${kind === "waiting" ? -10 : 0}, ${at}, now() + interval '30 days', '${policy}',
            ${order === "key_strict_fifo" ? key : "null"}, ${order === "groupConcurrency" ? key : "null"}, ${later}
       from generate_series(1, ${rows}) g`,
  );
}

async function work(ground: Ground, crew: Crew, { batch, loops }: Style) {
  const boss = await start(ground, Math.max(loops + 2, 10));
  await boss.work<Work>(
    QUEUES.plain,
    { batchSize: batch, localConcurrency: loops, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 },
    async (jobs) => void (await Promise.all(jobs.map(({ data }) => crew.handle(data)))),
  );
  await crew.over;
  await boss.offWork(QUEUES.plain, { wait: true }); // until each has completed what it holds
  return () => boss.stop({ graceful: false });
}

async function fetchLoops(ground: Ground, crew: Crew, { order, batch, loops, queue }: Style & { queue: Queue }) {
  const boss = await start(ground, Math.max(loops + 2, 10));
  const options = { batchSize: batch, ...(order === "groupConcurrency" ? { groupConcurrency: 1 } : {}) };
  await Promise.all(
    Array.from({ length: loops }, async () => {
      while (!crew.isOver()) {
        const jobs: Job<Work>[] = await boss.fetch<Work>(queue, options);
        if (jobs.length === 0) {
          await sleep(1);
          continue;
        }
        await Promise.all(jobs.map(({ data }) => crew.handle(data)));
        await boss.complete(queue, jobs);
      }
    }),
  );
  return () => boss.stop({ graceful: false });
}

async function produce(ground: Ground, connections: number) {
  const boss = await start(ground, connections);
  return {
    enqueue: async (from: number, count: number) => {
      if (count === 1) return await boss.send(QUEUES.plain, workOf(from, 1000));
      return await boss.insert(
        QUEUES.plain,
        Array.from({ length: count }, (_, i) => ({ data: workOf(from + i, 1000) })),
      );
    },
    close: () => boss.stop({ graceful: false }),
  };
}

async function listen(ground: Ground, handle: (work: Work) => void) {
  const boss = await start(ground, 10, { useListenNotify: true });
  await boss.work<Work>(QUEUES.notify, { batchSize: 1, localConcurrency: 4 }, async (jobs) => {
    for (const { data } of jobs) handle(data);
  });
  return {
    enqueue: (one: Work) => boss.send(QUEUES.notify, one),
    close: () => boss.stop({ graceful: false }),
  };
}

async function idle(ground: Ground) {
  const boss = await start(ground, 2);
  return {
    poll: async () => (await boss.fetch(QUEUES.plain, { batchSize: 500 })).length,
    close: () => boss.stop({ graceful: false }),
  };
}
