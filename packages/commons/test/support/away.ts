// A context whose Postgres refuses connections.
import { createDatabase, type DatabasePool } from "../../src/db/database.ts";
import type { HandlerContext } from "../../src/handlers/handler.ts";
import { TurnWatch } from "../../src/handlers/turn-watch.ts";
import { createLogger } from "../../src/log.ts";
import { ServiceRegistry } from "../../src/services/service-registry.ts";
import { openStorage } from "../../src/storage/storage.ts";

/** A pool on a port where nothing listens (the reserved port 1). */
export function awayDatabase(): DatabasePool {
  const url = "postgresql://postgres@127.0.0.1:1/none";
  return createDatabase({ url, role: "", size: 2, applicationName: "switchboard test" });
}

/** The context, and what it logs. */
export function awayContext(): { readonly context: HandlerContext; readonly lines: string[] } {
  const lines: string[] = [];
  const log = createLogger("test", "debug", (line) => lines.push(line));
  const notAsked = () => {
    throw new Error("not to be asked");
  };
  const db = awayDatabase();
  const context = {
    db,
    turnWatch: new TurnWatch(db, { log }),
    registry: new ServiceRegistry({ log }),
    accounts: { get: notAsked },
    storage: openStorage({ SUPABASE_URL: "http://127.0.0.1:1", SUPABASE_SECRET_KEYS: { default: "sb_secret_none" } }),
    provider: notAsked,
    log,
    worker: "test worker",
  };
  return { context, lines };
}
