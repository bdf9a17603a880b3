// The webhook's door; see app.ts.
import { createDatabase } from "@switchboard/commons/db/database.ts";
import { readSettings } from "@switchboard/commons/env.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { createApp, webhookSettings } from "./app.ts";
import { drainByFunction } from "./start-drain.ts";

const settings = readSettings(webhookSettings);
const log = createLogger("wa-webhook", settings.LOG_LEVEL);
const db = createDatabase({
  url: settings.SUPABASE_DB_URL,
  role: settings.DATABASE_ROLE,
  size: Math.min(settings.DATABASE_POOL_SIZE, 4),
  applicationName: "switchboard wa-webhook",
  onIdleError: (error) => log.warn("a database connection broke", { error }),
});

export default { fetch: createApp({ db, log, settings, startDrain: drainByFunction(settings, log) }).fetch };
