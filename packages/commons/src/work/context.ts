// Puts together what the handlers need: the same in the runner and in the queue-worker function.
import { parseMasterKeys } from "../credentials.ts";
import { createDatabase, type DatabasePool } from "../db/database.ts";
import { listServiceEndpoints, reportServiceEndpoint } from "../db/services.ts";
import { readSettings, type Setting } from "../env.ts";
import { createAccountStore } from "../handlers/accounts.ts";
import type { HandlerContext } from "../handlers/handler.ts";
import { TurnWatch } from "../handlers/turn-watch.ts";
import type { Logger } from "../log.ts";
import { getProvider, providerSettings } from "../providers/index.ts";
import { initializeServiceRegistry } from "../services/service-registry.ts";
import type { EndpointRecord, RegistryStore } from "../services/store.ts";
import { openStorage, storageSettings } from "../storage/storage.ts";

/** The settings that working the queues needs. */
export const workSettings = [
  "SUPABASE_DB_URL",
  "DATABASE_ROLE",
  "DATABASE_POOL_SIZE",
  "MASTER_KEYS",
  "QUEUE_CONCURRENCY",
  "QUEUE_LEASE_SECONDS",
  "QUEUE_POLL_SECONDS",
  "SHARD_COUNT",
  ...providerSettings,
  ...storageSettings,
] as const;
/** The values of `workSettings`. */
export type WorkSettings = { readonly [K in (typeof workSettings)[number]]: Setting<K> };

/** The handlers' context, and how to close what it opened. */
export interface WorkContext extends HandlerContext {
  readonly db: DatabasePool;
  readonly settings: WorkSettings;
  /** All shards of the deployment. */
  readonly shards: readonly number[];
  close(): Promise<void>;
}

/**
 * Opens what the handlers need.
 * @param worker - name of this worker process, unique among all
 * @param options - the log; `background`: keep health checks and syncs going (a runner), or not (a function's one run)
 * @throws ConfigError naming the settings to mend; InvalidInputError for MASTER_KEYS
 */
export async function openWorkContext(
  worker: string,
  options: { readonly log: Logger; readonly background: boolean },
): Promise<WorkContext> {
  const { log } = options;
  const settings = readSettings(workSettings);
  const keys = await parseMasterKeys(settings.MASTER_KEYS);
  const db = createDatabase({
    url: settings.SUPABASE_DB_URL,
    role: settings.DATABASE_ROLE,
    size: settings.DATABASE_POOL_SIZE,
    applicationName: `switchboard ${worker}`.slice(0, 63),
    onIdleError: (error) => log.warn("a database connection broke", { error }),
  });
  const registry = await initializeServiceRegistry({ log, store: registryStore(db), healthChecks: options.background });
  return {
    db,
    registry,
    settings,
    shards: Array.from({ length: settings.SHARD_COUNT }, (_, shard) => shard),
    accounts: createAccountStore(db, keys),
    storage: openStorage(settings),
    turnWatch: new TurnWatch(db, { log }),
    provider: (id) => getProvider(id, settings),
    log,
    worker,
    async close() {
      try {
        await registry.stop();
      } finally {
        await db.end();
      }
    },
  };
}

/** The registry's shared state, in Postgres. */
function registryStore(db: DatabasePool): RegistryStore {
  return {
    async listEndpoints() {
      const rows = await listServiceEndpoints(db);
      return rows.map(
        (row): EndpointRecord => ({
          service: row.service,
          kind: oneOf(row.kind, ["standard", "agent"]),
          timeoutMs: row.timeout_ms,
          maxAttempts: row.max_attempts,
          url: row.url,
          health: oneOf(row.health, ["unknown", "healthy", "unhealthy"]),
          breaker: oneOf(row.breaker, ["closed", "open", "half_open"]),
          breakerChangedAt: row.breaker_changed_at,
          heartbeatAt: row.heartbeat_at,
          lastError: row.last_error,
        }),
      );
    },
    reportEndpoint: (service, url, report) => reportServiceEndpoint(db, service, url, report),
  };
}

/** The value, which a CHECK constraint holds to these words; anything else is a newer schema and counts as the first. */
function oneOf<const T extends string>(value: string, words: readonly [T, ...T[]]): T {
  return words.find((word) => word === value) ?? words[0];
}
