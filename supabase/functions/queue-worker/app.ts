// Works the queues for deployments without a runner: started behind a webhook's response, and by pg_cron when work is due
// that nobody does (app.call_queue_worker).
// Any number may run at once; the leases keep them apart.
import { workerGoodbye, workerHeartbeat } from "@switchboard/commons/db/queue.ts";
import type { Setting } from "@switchboard/commons/env.ts";
import { DatabaseUnavailableError } from "@switchboard/commons/errors.ts";
import { laneHandlers } from "@switchboard/commons/handlers/index.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import { equalInConstantTime } from "@switchboard/commons/secrets.ts";
import { coalesce } from "@switchboard/commons/work/coalesce.ts";
import { openWorkContext } from "@switchboard/commons/work/context.ts";
import { correlationIdOf } from "@switchboard/commons/work/correlation.ts";
import { drainQueues } from "@switchboard/commons/work/drain.ts";
import { SWEEP_JOB, sweep } from "@switchboard/commons/work/sweep.ts";
import { syncDueTemplates } from "@switchboard/commons/work/template-sync.ts";
import { Hono } from "hono";

/** Lanes are begun for so long, and get so long to end: together within the shortest wall clock of a hosted function (150 s). */
const BEGIN_MS = 60_000;
const GRACE_SECONDS = 60;

/** Not given back: the runs of the next minute need not sweep again. */
const SWEEP_LEASE_SECONDS = 50;
/** How long message templates are read at the end of a run, milliseconds. */
const TEMPLATES_MS = 10_000;

/** The settings of this door; those of the work itself are read when a run starts. */
export const drainSettings = ["SUPABASE_SECRET_KEYS", "LOG_LEVEL"] as const;
/** The values of `drainSettings`. */
export type DrainSettings = { readonly [K in (typeof drainSettings)[number]]: Setting<K> };

/** What came of a run. */
export interface Drained {
  readonly handled: number;
  readonly failed: number;
}

/** What the door works with. */
export interface DrainDoor {
  readonly settings: DrainSettings;
  readonly log: Logger;
  /** One run over the queues. */
  readonly drain: () => Promise<Drained>;
}

/** The door as a Hono app. Calls that come while a run goes on share the next one: a run opens connections of its own. */
export function createApp({ settings, log, drain }: DrainDoor): Hono {
  const app = new Hono().basePath("/queue-worker");
  const drainOnce = coalesce(drain);
  app.use(async (c, next) => {
    c.header("x-correlation-id", correlationIdOf(c.req.raw.headers));
    await next();
  });
  app.post("/", async (c) => {
    if (!(await isKnown(c.req.header("apikey") ?? "", settings)))
      return c.json({ error: "Send one of the project's secret keys in the apikey header." }, 401);
    return c.json(await drainOnce());
  });
  app.all("/", (c) => c.json({ error: "Send a POST." }, 405, { allow: "POST" }));
  app.notFound((c) => c.json({ error: "Not found. The function is /queue-worker." }, 404));
  app.onError((error, c) => {
    log.error("the queues could not be drained", { correlationId: correlationIdOf(c.req.raw.headers), error });
    if (error instanceof DatabaseUnavailableError)
      return c.json({ error: "The database is away; call again later." }, 503, { "retry-after": "5" });
    return c.json({ error: "The queues could not be drained; see the function's log." }, 500);
  });
  return app;
}

async function isKnown(key: string, settings: DrainSettings): Promise<boolean> {
  const keys = Object.values(settings.SUPABASE_SECRET_KEYS);
  const fits = await Promise.all(keys.map((candidate) => equalInConstantTime(candidate, key)));
  return key !== "" && fits.includes(true);
}

/**
 * One run: opens what the handlers need, works until nothing is left or time is up, and closes it.
 * @param beginMs - how long lanes are begun
 */
export async function drainOnceNow(log: Logger, beginMs = BEGIN_MS): Promise<Drained> {
  const worker = `function ${crypto.randomUUID()}`;
  const context = await openWorkContext(worker, { log, background: false });
  try {
    await workerHeartbeat(context.db, worker, "function", {});
    const deadline = new Date(Date.now() + beginMs);
    const drained = await drainQueues(laneHandlers, context, { deadline, graceSeconds: GRACE_SECONDS });
    const { shards } = context;
    const leads = await sweep(context.db, { shards, worker, log, job: SWEEP_JOB, leaseSeconds: SWEEP_LEASE_SECONDS });
    if (leads) await syncDueTemplates(context, AbortSignal.timeout(TEMPLATES_MS));
    log.info("queues drained", { worker, ...drained });
    return drained;
  } finally {
    await workerGoodbye(context.db, worker).catch((error) => log.warn("no goodbye could be written", { error }));
    await context.close();
  }
}
