// The page for people: a list of what this server is for, until there is more to see.
import { Hono } from "hono";

/** Routes of the page. */
export function pageRoutes(): Hono {
  const app = new Hono();
  app.get("/", (c) => c.text("WhatsApp Web for development and tests. See packages/simulator-web/README.md."));
  return app;
}
