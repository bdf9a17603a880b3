// The API's door; see app.ts.
import { createDatabase } from "@switchboard/commons/db/database.ts";
import { readSettings } from "@switchboard/commons/env.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { openStorage } from "@switchboard/commons/storage/storage.ts";
import { createLocalJWKSet, createRemoteJWKSet } from "jose";
import { apiSettings, createApp } from "./app.ts";

const settings = readSettings(apiSettings);
const log = createLogger("api", settings.LOG_LEVEL);
const db = createDatabase({
  url: settings.SUPABASE_DB_URL,
  role: settings.DATABASE_ROLE,
  size: Math.min(settings.DATABASE_POOL_SIZE, 4),
  applicationName: "switchboard api",
  onIdleError: (error) => log.warn("a database connection broke", { error }),
});
const keySet =
  settings.SUPABASE_JWKS === undefined
    ? createRemoteJWKSet(new URL(`${settings.SUPABASE_URL}/auth/v1/.well-known/jwks.json`))
    : createLocalJWKSet(settings.SUPABASE_JWKS);

export default {
  fetch: createApp({ db, log, keySet, storage: openStorage(settings), projectUrl: settings.SUPABASE_URL }).fetch,
};
