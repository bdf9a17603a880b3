// REST (PostgREST's contract), Auth (GoTrue's) and Storage in our own process, by @supabase/lite on the real Postgres.
// lite reads the exposed schema once, so its app is made after the migrations.
import { AsyncLocalStorage } from "node:async_hooks";
import { tmpdir } from "node:os";
import { App, setExperimental } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import type { Keys } from "./keys.ts";
import { storageFiles } from "./storage-files.ts";

// lite's Storage is complete for what its clients call, and asks to be switched on.
setExperimental("storage", true);

/** The REST, Auth and Storage server of a local platform. */
export interface Lite {
  /** Answers a request below /rest/v1, /auth/v1 or /storage/v1. */
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
 * Creates the schemas auth and storage.
 * @param url - connection string of the superuser
 */
export async function ensureSystemSchemas(url: string): Promise<void> {
  const connection = connect(url, 1);
  try {
    // Storage's schema is made only for an App that could keep files.
    await createApp(connection, { folder: tmpdir() }).ensureSystemSchema();
  } finally {
    await disconnect(connection);
  }
}

/**
 * Starts REST, Auth and Storage.
 * @param url - connection string of the user lite_api
 * @param keys - the API keys and the secret of its tokens
 * @param options - folder of Storage's files; what takes what lite has to say about requests that failed
 */
export async function startLite(
  url: string,
  keys: Keys,
  options: { readonly folder: string; readonly onOutput: (text: string) => void },
): Promise<Lite> {
  const { folder, onOutput } = options;
  let connection = connect(url, 10);
  let app = await readyApp(connection, { folder, keys });
  return {
    fetch: (request, peerAddress) => output.run(onOutput, () => app.fetch(request, { peerAddress })),
    reload: async () => {
      const old = connection;
      connection = connect(url, 10);
      app = await readyApp(connection, { folder, keys });
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

/**
 * An app that has read the schema. What lite does with the first request, it grants, is done before: two first requests at
 * once would both do it, and Postgres refuses one of them ("tuple concurrently updated").
 */
async function readyApp(
  connection: ReturnType<typeof connect>,
  options: { readonly folder: string; readonly keys: Keys },
) {
  const app = await createApp(connection, options).init();
  // biome-ignore lint/complexity/useLiteralKeys: private in its types, and nothing public does it
  await connection["ensureRlsContext"]();
  return app;
}

/** Ends the connections within a second: lite's own close() waits for ever for a query that a crash has swallowed. */
async function disconnect(connection: ReturnType<typeof connect>): Promise<void> {
  await connection.driver.end({ timeout: 1 });
}

function createApp(connection: ReturnType<typeof connect>, options: { readonly folder: string; readonly keys?: Keys }) {
  const app = new App({ connection, ...configuration(options.keys) });
  app._storageAdapter = storageFiles(options.folder);
  return app;
}

function configuration(keys?: Keys) {
  return {
    storage: { enabled: true, file_size_limit: "100MiB" },
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
