// The HTTP side: test API, media, and the page.
import { Hono } from "hono";
import { z } from "zod";
import { RequestError } from "../errors.ts";
import type { World } from "../world.ts";
import { faultRoutes } from "./faults.ts";
import { groupRoutes } from "./groups.ts";
import { mediaRoutes } from "./media.ts";
import { messageRoutes } from "./messages.ts";
import { pageRoutes } from "./page.ts";
import { phoneRoutes } from "./phones.ts";
import { recordRoutes } from "./record.ts";

/** All routes of one server. */
export function createApp(world: World, certificate: string): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    // The test API has no password, so that no other web page may call it through the browser.
    if (c.req.header("sec-fetch-site") === "cross-site" && c.req.method !== "GET")
      return c.json({ error: "Requests from other web pages are refused." }, 403);
    return next();
  });
  app.get("/health", (c) => c.json({ status: "ok", program: "simulator-web" }));
  app.get("/trust", (c) => c.json({ certificate, noise_root: world.noise.rootKey.toString("base64") }));
  app.post("/reset", (c) => {
    world.reset();
    return c.json({ reset: true });
  });
  app.route("/", mediaRoutes(world));
  app.route("/", phoneRoutes(world));
  app.route("/", messageRoutes(world));
  app.route("/", groupRoutes(world));
  app.route("/", faultRoutes(world));
  app.route("/", recordRoutes(world));
  app.route("/", pageRoutes());
  app.notFound((c) => c.json({ error: "There is nothing at this address. See README.md." }, 404));
  app.onError((error, c) => {
    if (error instanceof RequestError) return c.json({ error: error.message }, error.status);
    if (error instanceof z.ZodError) {
      const problems = error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
      return c.json({ error: problems.join("; ") }, 400);
    }
    world.problems.push(error.stack ?? error.message);
    return c.json({ error: "A defect of this server; GET /record names it." }, 500);
  });
  return app;
}
