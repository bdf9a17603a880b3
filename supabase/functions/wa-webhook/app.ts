// The door for WhatsApp's webhooks: signature over the raw bytes, every item into events, one call to the engine, 200.
// Whatever is not 200 is sent again by Meta, so 200 means: it is committed in Postgres.
import type { Database } from "@switchboard/commons/db/database.ts";
import type { Setting } from "@switchboard/commons/env.ts";
import { withErrorBoundary } from "@switchboard/commons/error-boundary.ts";
import { DatabaseUnavailableError, InvalidInputError } from "@switchboard/commons/errors.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import { verifyChallenge, verifySignature } from "@switchboard/commons/providers/cloud-api/signature.ts";
import { getProvider, providerSettings } from "@switchboard/commons/providers/index.ts";
import { correlationIdOf } from "@switchboard/commons/work/correlation.ts";
import { ingest, sendingAlerts } from "@switchboard/commons/work/ingest.ts";
import { parseJsonBody, readBody } from "@switchboard/commons/work/webhook-body.ts";
import { type Context, Hono } from "hono";
import type { DrainStarter } from "./start-drain.ts";

/** Meta's limit for one webhook POST (Webhooks guide, "Payload size"). */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** The settings of this door. */
export const webhookSettings = [
  "SUPABASE_DB_URL",
  "SUPABASE_URL",
  "SUPABASE_SECRET_KEYS",
  "DATABASE_ROLE",
  "DATABASE_POOL_SIZE",
  "WHATSAPP_APP_SECRETS",
  "WHATSAPP_VERIFY_TOKEN",
  "SERVERLESS_DRAIN",
  "LOG_LEVEL",
  ...providerSettings,
] as const;
/** The values of `webhookSettings`. */
export type WebhookSettings = { readonly [K in (typeof webhookSettings)[number]]: Setting<K> };

/** What the door works with. */
export interface WebhookDoor {
  readonly db: Database;
  readonly log: Logger;
  readonly settings: WebhookSettings;
  readonly startDrain: DrainStarter;
}

/** The door as a Hono app. */
export function createApp(door: WebhookDoor): Hono {
  const app = new Hono().basePath("/wa-webhook");
  app.use(async (c, next) => {
    c.header("x-correlation-id", correlationIdOf(c.req.raw.headers));
    await next();
  });
  app.get("/cloud-api", async (c) => {
    const challenge = await verifyChallenge(new URL(c.req.url).searchParams, door.settings.WHATSAPP_VERIFY_TOKEN);
    return challenge === null
      ? c.text("The verify token is not the one in WHATSAPP_VERIFY_TOKEN.", 403)
      : c.text(challenge);
  });
  app.post("/cloud-api", (c) => receive(c, door));
  app.all("/cloud-api", (c) => c.json({ error: "Send a GET or a POST." }, 405, { allow: "GET, HEAD, POST" }));
  app.notFound((c) => c.json({ error: "Not found. WhatsApp's webhook is /wa-webhook/cloud-api." }, 404));
  app.onError((error, c) => {
    const correlationId = correlationIdOf(c.req.raw.headers);
    if (error instanceof InvalidInputError) {
      door.log.warn("a webhook was refused", { correlationId, code: error.code });
      return c.json({ error: error.message }, error.code === "body_too_large" ? 413 : 400);
    }
    if (error instanceof DatabaseUnavailableError) {
      door.log.warn("the database is away; the sender must try again", { correlationId, error });
      return c.json({ error: "The database is away; send again later." }, 503, { "retry-after": "5" });
    }
    door.log.error("a webhook could not be taken in", { correlationId, error });
    return c.json({ error: "The webhook could not be taken in; send again later." }, 500);
  });
  return app;
}

async function receive(c: Context, door: WebhookDoor): Promise<Response> {
  const correlationId = correlationIdOf(c.req.raw.headers);
  const body = await readBody(c.req.raw, MAX_BODY_BYTES);
  const signature = c.req.header("x-hub-signature-256") ?? null;
  if (!(await verifySignature(body, signature, door.settings.WHATSAPP_APP_SECRETS))) {
    door.log.warn("a webhook with a bad signature was refused", { correlationId, bytes: body.byteLength });
    return c.json({ error: "X-Hub-Signature-256 does not fit the body; check WHATSAPP_APP_SECRETS." }, 401);
  }

  const events = getProvider("cloud_api", door.settings).parse(parseJsonBody(body), { receivedAt: new Date() });
  const result = await withErrorBoundary(() => ingest(door.db, "cloud_api", events, correlationId), {
    operationName: "webhook.ingest",
    correlationId,
  });
  if (result.failed > 0)
    door.log.error("items of a webhook could not be ingested; they are kept in app.webhook_events", {
      correlationId,
      ...result,
    });
  else door.log.debug("webhook taken in", { correlationId, ...result });
  for (const alert of sendingAlerts(events))
    door.log.error("ALERT: an account cannot send any more; a task says what to do", alert);
  if (result.wake && door.settings.SERVERLESS_DRAIN === "auto") door.startDrain(correlationId);
  return c.json({ received: events.length, stored: result.stored, duplicates: result.duplicates });
}
