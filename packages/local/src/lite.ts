// REST (PostgREST's contract) and Auth (GoTrue's contract) in our own process, by @supabase/lite on the real Postgres.
// lite reads the exposed schema once, so its app is made after the migrations.
import { AsyncLocalStorage } from "node:async_hooks";
import { App } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import type { Keys } from "./keys.ts";

/** The REST and Auth server of a local platform. */
export interface Lite {
  /** Answers a request below /rest/v1 or /auth/v1. */
  fetch(request: Request, peerAddress: string | null): Promise<Response>;
  /** Forgets the schema that it has read, so that the next request reads it anew. */
  reload(): Promise<void>;
  /** Ends its connections. */
  close(): Promise<void>;
}

/**
 * lite prints the whole stack of every query that Postgres refuses, a missing grant as much as a real fault. While it
 * answers a request, what it prints goes to the log instead of the terminal.
 */
const output = new AsyncLocalStorage<(text: string) => void>();
const printError = console.error;
console.error = (...parts: unknown[]) => {
  const take = output.getStore();
  if (take === undefined) printError(...parts);
  else take(parts.map((part) => (part instanceof Error ? `${part.name}: ${part.message}` : String(part))).join(" "));
};

/** Schemas that the Data API shows. */
const EXPOSED = ["public"];

/**
 * Creates the auth schema.
 * @param url - connection string of the superuser
 */
export async function ensureAuthSchema(url: string): Promise<void> {
  const connection = connect(url, 1);
  try {
    await new App({ connection, ...configuration() }).ensureSystemSchema();
  } finally {
    await disconnect(connection);
  }
}

/**
 * Starts REST and Auth.
 * @param url - connection string of the user lite_api
 * @param keys - the API keys and the secret of its tokens
 * @param onOutput - takes what lite has to say about requests that failed
 */
export async function startLite(url: string, keys: Keys, onOutput: (text: string) => void): Promise<Lite> {
  let connection = connect(url, 10);
  let app = await new App({ connection, ...configuration(keys) }).init();
  return {
    fetch: (request, peerAddress) => output.run(onOutput, () => app.fetch(request, { peerAddress })),
    reload: async () => {
      const old = connection;
      connection = connect(url, 10);
      app = await new App({ connection, ...configuration(keys) }).init();
      await disconnect(old);
    },
    close: () => disconnect(connection),
  };
}

function connect(url: string, max: number) {
  return createPostgresConnection({
    url,
    postgresOptions: { max, onnotice: () => {}, connect_timeout: 5, backoff: () => 0.2 },
  });
}

/** Ends the connections within a second: lite's own close() waits for ever for a query that a crash has swallowed. */
async function disconnect(connection: ReturnType<typeof connect>): Promise<void> {
  await connection.driver.end({ timeout: 1 });
}

function configuration(keys?: Keys) {
  return {
    api: { schemas: EXPOSED },
    auth: {
      enabled: true,
      ...(keys && {
        jwt_secret: keys.liteSecret,
        publishable_key: keys.publishableKey,
        secret_key: keys.secretKey,
      }),
    },
    options: { server: { disableStudio: true } },
  };
}
