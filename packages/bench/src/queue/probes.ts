// The measurements besides a drain: enqueueing, a pinned horizon, the way from an enqueue to the handler, an idle poll.
import { percentile } from "../statistics.ts";
import { connect, disconnect, sleep } from "./connect.ts";
import type { Contender, Ground } from "./contender.ts";
import { costOf, readCounters } from "./counters.ts";
import { drainOnce, settle } from "./drain.ts";
import { workOf } from "./load.ts";
import type { Answers, Task } from "./task.ts";

type TaskOf<Op extends Task["op"]> = Extract<Task, { readonly op: Op }>;

const WARM_UP_MS = 700;
/** Enqueued and picked up, one at a time, before it counts. */
const WARM_UP_TIMES = 20;

/** Enqueues as fast as the connections can, into 1,000 lanes. */
export async function measureEnqueue(
  ground: Ground,
  contender: Contender,
  { batch, connections, ms }: TaskOf<"enqueue">,
): Promise<Answers["enqueue"]> {
  await contender.clear(ground);
  await settle(ground, contender, "analyze");
  const producer = await contender.produce?.(ground, connections);
  const [admin] = await connect(ground.adminUrl);
  if (producer === undefined || admin === undefined) throw new Error(`${contender.id} cannot enqueue.`);
  let calls = 0;
  const produce = async (limitMs: number) => {
    const latencies: number[] = [];
    const end = performance.now() + limitMs;
    const loop = async (connection: number) => {
      while (performance.now() < end) {
        const began = performance.now();
        await producer.enqueue(calls++ * batch, batch, connection);
        latencies.push(performance.now() - began);
      }
    };
    await Promise.all(Array.from({ length: connections }, (_, connection) => loop(connection)));
    return latencies.sort((a, b) => a - b);
  };
  await produce(Math.min(WARM_UP_MS, ms));
  const before = await readCounters(admin, ground.folder);
  const began = performance.now();
  const latencies = await produce(ms);
  const seconds = (performance.now() - began) / 1000;
  const after = await readCounters(admin, ground.folder);
  await producer.close();
  await disconnect([admin]);
  const pieces = latencies.length * batch;
  return {
    ...costOf(before, after, pieces),
    rate: pieces / seconds,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
  };
}

/** Fills and drains again and again while a transaction keeps every dead row where it is. */
export async function measurePinned(
  ground: Ground,
  contender: Contender,
  { load, cycles, capMs }: TaskOf<"pinned">,
): Promise<Answers["pinned"]> {
  const task = { load, capMs, handlerMs: 0 };
  await contender.clear(ground);
  await contender.fill(ground, load);
  await drainOnce(ground, contender, task);
  await contender.clear(ground);
  await settle(ground, contender, "vacuum analyze");
  const [pin] = await connect(ground.url);
  await pin?.query("begin isolation level repeatable read");
  await pin?.query("select pg_current_snapshot()");
  const measured: Answers["pinned"]["cycles"][number][] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    await contender.fill(ground, load);
    await settle(ground, contender, "analyze");
    const { rate, cpuUs, capped, twice } = await drainOnce(ground, contender, task);
    measured.push({ rate, cpuUs, capped, twice });
  }
  await disconnect(pin === undefined ? [] : [pin]);
  return { cycles: measured };
}

/** From the call of an enqueue to the handler of a worker that has nothing else to do, one at a time. */
export async function measureLatency(
  ground: Ground,
  contender: Contender,
  { times }: TaskOf<"latency">,
): Promise<Answers["latency"]> {
  await contender.clear(ground);
  await settle(ground, contender, "analyze");
  const latencies: number[] = [];
  let arrived: (id: number) => void = () => {};
  const listener = await contender.listen?.(ground, ({ id }) => arrived(id));
  if (listener === undefined) throw new Error(`${contender.id} cannot listen.`);
  await sleep(800); // until it waits
  for (let id = 0; id < times + WARM_UP_TIMES; id++) {
    const began = performance.now();
    const arrival = new Promise<number>((resolve) => {
      arrived = (which) => which === id && resolve(performance.now());
    });
    await listener.enqueue(workOf(id, 1000));
    const at = await Promise.race([arrival, sleep(5000).then(() => Number.POSITIVE_INFINITY)]);
    if (id >= WARM_UP_TIMES) latencies.push(at - began);
    await sleep(5 + Math.random() * 15); // it goes idle, and not in step with anything
  }
  await listener.close();
  const sorted = latencies.sort((a, b) => a - b);
  return {
    p50: percentile(sorted, 50),
    p99: percentile(sorted, 99),
    max: percentile(sorted, 100),
    count: sorted.length,
  };
}

/** What a worker asks again and again while there is nothing to do. Leaves the tables as they are. */
export async function measureIdle(
  ground: Ground,
  contender: Contender,
  { times }: TaskOf<"idle">,
): Promise<Answers["idle"]> {
  const idle = await contender.idle?.(ground);
  const [admin] = await connect(ground.adminUrl);
  if (idle === undefined || admin === undefined) throw new Error(`${contender.id} cannot poll.`);
  for (let warm = 0; warm < 10; warm++) await idle.poll();
  let found = 0;
  const before = await readCounters(admin, ground.folder);
  const began = performance.now();
  for (let time = 0; time < times; time++) found += await idle.poll();
  const ms = (performance.now() - began) / times;
  const after = await readCounters(admin, ground.folder);
  await idle.close();
  await disconnect([admin]);
  return { ms, cpuUs: costOf(before, after, times).cpuUs, found };
}
