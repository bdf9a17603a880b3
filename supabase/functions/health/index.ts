// The health door; see app.ts.
import { createDatabase } from "@switchboard/commons/db/database.ts";
import { readSettings } from "@switchboard/commons/env.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { createApp, healthSettings } from "./app.ts";

const settings = readSettings(healthSettings);
const log = createLogger("health", settings.LOG_LEVEL);
const db = createDatabase({
  url: settings.SUPABASE_DB_URL,
  role: settings.DATABASE_ROLE,
  size: 1,
  applicationName: "switchboard health",
  onIdleError: (error) => log.warn("a database connection broke", { error }),
});

export default { fetch: createApp({ db, log, drain: settings.SERVERLESS_DRAIN === "auto" }).fetch };
