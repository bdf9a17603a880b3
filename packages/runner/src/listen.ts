// Hears from Postgres that there is work. A connection of its own, made anew when it breaks; meanwhile the workers poll.
import { connectionConfig } from "@switchboard/commons/db/database.ts";
import { toError } from "@switchboard/commons/errors.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import pg from "pg";

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** What becomes of a notification. */
export interface ListenOptions {
  readonly log: Logger;
  /** Work was put into a queue. */
  readonly onQueue: (queue: string) => void;
  /** Connected, for the first time or anew: something may have been missed. */
  readonly onConnect: () => void;
}

/** A listener at work. */
export interface Listener {
  connected(): boolean;
  close(): Promise<void>;
}

/** Listens on the engine's channel until it is closed. Never throws: what goes wrong is logged and tried again. */
export function listen(
  settings: { readonly SUPABASE_DB_URL: string; readonly DATABASE_ROLE: string },
  options: ListenOptions,
): Listener {
  const { log } = options;
  let client: pg.Client | undefined;
  let connected = false;
  let closed = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;

  const connect = async () => {
    let next: pg.Client | undefined;
    try {
      const mine = newClient(settings);
      next = mine;
      client = mine;
      mine.on("notification", ({ payload }) => options.onQueue(payload ?? ""));
      mine.on("error", (error) => again(mine, error));
      mine.on("end", () => again(mine));
      await mine.connect();
      await mine.query("listen switchboard_queue");
      // It may have been closed, or lost, on the way.
      if (closed || client !== mine) return;
      connected = true;
      failures = 0;
      options.onConnect();
    } catch (error) {
      again(next, toError(error));
    }
  };
  const again = (from: pg.Client | undefined, error?: Error) => {
    if (closed || from !== client) return;
    client = undefined;
    connected = false;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    failures += 1;
    log.warn("the listener has no connection; polling until it is back", { error, pauseMs });
    from?.end().catch(() => undefined);
    timer = setTimeout(() => void connect(), pauseMs);
  };
  void connect();

  return {
    connected: () => connected,
    async close() {
      closed = true;
      connected = false;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}

function newClient(settings: { readonly SUPABASE_DB_URL: string; readonly DATABASE_ROLE: string }): pg.Client {
  return new pg.Client(
    connectionConfig({
      url: settings.SUPABASE_DB_URL,
      role: settings.DATABASE_ROLE,
      applicationName: "switchboard listener",
    }),
  );
}
