// A LISTEN that comes back by itself after Postgres was away.
import pg from "pg";
import { sleep } from "./processes.ts";

/** A running LISTEN. */
export interface Listener {
  close(): Promise<void>;
}

const RETRY_MS = 200;

/**
 * Listens to a channel. What is notified while Postgres or the connection is away is lost.
 * @param url - connection string
 * @param channel - name of the channel, an identifier
 * @param onPayloads - takes the payloads that have come in since its last call, in order; never called twice at once
 */
export async function listen(
  url: string,
  channel: string,
  onPayloads: (payloads: readonly string[]) => Promise<void>,
): Promise<Listener> {
  let closed = false;
  let client: pg.Client | undefined;
  let waiting: string[] = [];
  let delivering = false;
  const drain = async () => {
    if (delivering) return;
    delivering = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await onPayloads(batch).catch(() => {}); // Postgres went away in between: those are lost
    }
    delivering = false;
  };
  const connect = async () => {
    const next = new pg.Client({ connectionString: url, keepAlive: true, application_name: `listen ${channel}` });
    next.on("error", () => {}); // followed by "end"
    next.on("notification", (message) => {
      waiting.push(message.payload ?? "");
      void drain();
    });
    await next.connect();
    await next.query(`listen ${channel}`);
    next.on("end", () => void reconnect());
    client = next;
  };
  const reconnect = async () => {
    while (!closed) {
      try {
        return await connect();
      } catch {
        await sleep(RETRY_MS);
      }
    }
  };
  await connect();
  return {
    close: async () => {
      closed = true;
      await Promise.race([client?.end().catch(() => {}), sleep(1000)]);
    },
  };
}
