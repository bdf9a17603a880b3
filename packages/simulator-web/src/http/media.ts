// The media server: what clients upload (POST /mms/...) and download (GET by path). Everything is encrypted by clients.
import { Hono } from "hono";
import type { World } from "../world.ts";

/** Routes of media. */
export function mediaRoutes(world: World): Hono {
  const app = new Hono();
  app.post("/mms/*", async (c) => {
    const path = world.media.upload(Buffer.from(await c.req.arrayBuffer()));
    return c.json({ url: `https://${world.mediaHost}${path}`, direct_path: path });
  });
  app.get("/v/*", (c) => {
    const bytes = world.media.get(c.req.path);
    if (bytes === undefined) return c.body(null, 404);
    return c.body(new Uint8Array(bytes), 200, { "content-type": "application/octet-stream" });
  });
  return app;
}
