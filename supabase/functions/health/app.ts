// Tells load balancers, `npm start` and people whether a message that came now would be answered.
import type { Database } from "@switchboard/commons/db/database.ts";
import { readiness } from "@switchboard/commons/db/intake.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import { correlationIdOf } from "@switchboard/commons/work/correlation.ts";
import { Hono } from "hono";

/** The settings of this door. */
export const healthSettings = ["SUPABASE_DB_URL", "DATABASE_ROLE", "SERVERLESS_DRAIN", "LOG_LEVEL"] as const;

/** What the door works with. */
export interface HealthDoor {
  readonly db: Database;
  readonly log: Logger;
  /** Work is also done without a runner, by the queue-worker function. */
  readonly drain: boolean;
}

/**
 * The door as a Hono app: `/health/live` (this function runs) and `/health/ready` (a message would be answered; else
 * 503 and what is missing).
 */
export function createApp({ db, log, drain }: HealthDoor): Hono {
  const app = new Hono().basePath("/health");
  app.use(async (c, next) => {
    c.header("x-correlation-id", correlationIdOf(c.req.raw.headers));
    await next();
  });
  app.get("/live", (c) => c.json({ live: true }));
  app.get("/ready", async (c) => {
    try {
      const { ready, checks } = await readiness(db, drain);
      return c.json({ ready, checks: { database: true, ...checks } }, ready ? 200 : 503);
    } catch (error) {
      log.warn("readiness cannot be told", {
        correlationId: correlationIdOf(c.req.raw.headers),
        error: error instanceof Error ? error : String(error),
      });
      const database = "Postgres cannot be reached or has no schema: run supabase db push";
      return c.json({ ready: false, checks: { database } }, 503);
    }
  });
  app.notFound((c) => c.json({ error: "Not found. There are /health/live and /health/ready." }, 404));
  return app;
}
