// One measurement in a process of its own, so that nobody pays for another's memory and compiled code.
import { contenderOf } from "./contenders/index.ts";
import { measureDrain, settle } from "./drain.ts";
import { measureEnqueue, measureIdle, measureLatency, measurePinned } from "./probes.ts";
import type { Answers, Order, Reply, Task } from "./task.ts";

process.once("message", async (order: Order) => {
  const reply = await answer(order).then(
    (done): Reply => ({ answer: done }),
    (error): Reply => ({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
  process.send?.(reply, () => process.exit(0));
});

async function answer({ ground, task }: Order): Promise<Answers[Task["op"]]> {
  const contender = contenderOf(task.contender);
  switch (task.op) {
    case "install":
      await contender.install(ground);
      return null;
    case "clear":
      await contender.clear(ground);
      return null;
    case "behind":
      await contender.clear(ground);
      await contender.fillBehind?.(ground, task.kind, task.rows, task.load);
      await settle(ground, contender, "vacuum analyze");
      return null;
    case "drain":
      return await measureDrain(ground, contender, task);
    case "enqueue":
      return await measureEnqueue(ground, contender, task);
    case "pinned":
      return await measurePinned(ground, contender, task);
    case "latency":
      return await measureLatency(ground, contender, task);
    case "idle":
      return await measureIdle(ground, contender, task);
  }
}
