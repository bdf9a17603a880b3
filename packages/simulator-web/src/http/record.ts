// Test API: what the server has witnessed.
import { Hono } from "hono";
import type { World } from "../world.ts";

/** Routes under /record. Fields are named as in src/record.ts, in snake case. */
export function recordRoutes(world: World): Hono {
  const app = new Hono();
  app.get("/record", (c) => c.json(view(world, c.req.query("phone"))));
  app.delete("/record", (c) => {
    world.record.clear();
    world.problems.length = 0;
    return c.json({ cleared: true });
  });
  return app;
}

function view(world: World, phone: string | undefined) {
  const of = <T extends { readonly phone?: string | undefined }>(entries: readonly T[]) =>
    entries.filter((entry) => phone === undefined || entry.phone === phone).map(snake);
  const { record } = world;
  return {
    sockets: of(record.sockets),
    overlaps: of(record.overlaps),
    accepted: of(record.accepted),
    duplicates: of(record.duplicates),
    deliveries: of(record.deliveries),
    receipts: of(record.receipts),
    uploads: world.media.uploads,
    problems: world.problems,
  };
}

function snake(entry: object): Record<string, unknown> {
  const name = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(entry).map(([key, value]) => [name(key), value]));
}
