// GET /events: the stream of changes (Server-Sent Events) that keeps the pages live.
import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { PageEvent } from "./events.ts";
import { customerView, numberView } from "./views.ts";
import type { World } from "./world.ts";

const BEAT_MS = 15_000;

/** Answers with a stream: first `hello` with everything that a page needs to start, then `changes`. */
export function eventStream(world: World, c: Context): Response {
  return streamSSE(c, async (stream) => {
    const id = randomUUID();
    const queue: (readonly PageEvent[])[] = [];
    let wake = () => {};
    world.hub.join({
      id,
      open: null,
      held: new Set(),
      send: (events) => {
        queue.push(events);
        wake();
      },
    });
    stream.onAbort(() => {
      world.hub.leave(id);
      wake();
    });
    await stream.writeSSE({ event: "hello", data: JSON.stringify(hello(world, id)) });
    while (!stream.aborted && !stream.closed) {
      const events = queue.shift();
      if (events !== undefined) await stream.writeSSE({ event: "changes", data: JSON.stringify(events) });
      else if (await quiet((resolve) => (wake = resolve))) await stream.writeSSE({ event: "beat", data: "" });
    }
    world.hub.leave(id);
  });
}

function hello(world: World, client: string): Readonly<Record<string, unknown>> {
  return {
    client,
    numbers: [...world.state.numbers.values()].map(numberView),
    customers: world.state.customers
      .map((customer) => customerView(world.state, customer))
      .sort((a, b) => (b.last_message?.at ?? "").localeCompare(a.last_message?.at ?? ""))
      .slice(0, 500),
    chaos: world.chaos.settings,
  };
}

/** Waits for something to do; true when nothing came for a while. */
function quiet(listen: (resolve: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), BEAT_MS);
    listen(() => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}
