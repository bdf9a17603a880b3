// Works all queues until nothing is left to do or time is up: one run of the queue-worker function.
import type { LaneHandler } from "../handlers/handler.ts";
import { Alarm } from "./alarm.ts";
import type { WorkContext } from "./context.ts";
import { LaneWork } from "./lane-work.ts";

/** Nobody wakes a drain: while it waits for something, it looks this often whether other work has come. */
const LOOK_MS = 1_000;
const SHORTEST_SLEEP_MS = 50;

/** When to end. */
export interface DrainLimits {
  /** Nothing is begun after it. */
  readonly deadline: Date;
  /** How long after that what was begun may take; then it is given back. */
  readonly graceSeconds: number;
}

/**
 * Drains the queues together: what one queue's work puts into another (an answer into the outbox) does not wait for the
 * slowest lane of the first.
 * @returns how many lanes were handled, and how many failed
 * @throws DatabaseUnavailableError when nothing can be claimed; what was begun has ended then
 */
export async function drainQueues(
  handlers: readonly LaneHandler[],
  context: WorkContext,
  { deadline, graceSeconds }: DrainLimits,
): Promise<{ handled: number; failed: number }> {
  const alarm = new Alarm();
  const options = {
    context,
    concurrency: context.settings.QUEUE_CONCURRENCY,
    leaseSeconds: context.settings.QUEUE_LEASE_SECONDS,
    shards: context.shards,
    onEnd: () => alarm.ring(),
  };
  const queues = handlers.map((handler) => new LaneWork({ handler, ...options }));
  try {
    while (Date.now() < deadline.getTime()) {
      alarm.reset();
      if ((await claimAll(queues)) > 0) continue;
      // Asked in this order: what lanes that have ended put into other queues is seen by nextDue.
      const isIdle = queues.every(({ stats }) => stats.active === 0);
      const next = await nextDue(queues);
      if (isIdle && (next === null || next >= deadline)) break;
      const wait = Math.min((next ?? deadline).getTime() - Date.now(), LOOK_MS);
      await alarm.sleep(Math.max(wait, SHORTEST_SLEEP_MS));
    }
  } finally {
    const lastMs = deadline.getTime() - Date.now() + graceSeconds * 1000;
    await Promise.all(queues.map((queue) => queue.close(Math.max(lastMs, 0) / 1000)));
  }
  const total = (field: "handled" | "failed") => queues.reduce((sum, { stats }) => sum + stats[field], 0);
  return { handled: total("handled"), failed: total("failed") };
}

async function claimAll(queues: readonly LaneWork[]): Promise<number> {
  let claimed = 0;
  for (const queue of queues) claimed += await queue.claim();
  return claimed;
}

async function nextDue(queues: readonly LaneWork[]): Promise<Date | null> {
  const times = await Promise.all(queues.map((queue) => queue.nextAt()));
  return times.reduce((soonest, at) => (soonest === null || (at !== null && at < soonest) ? at : soonest), null);
}
