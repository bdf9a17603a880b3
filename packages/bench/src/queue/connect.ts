// Connections of the contenders to the measured server.
import pg from "pg";

/** Opens `count` connections. A connection that breaks is a failed measurement: its next query says so. */
export async function connect(url: string, count = 1, settings: pg.ClientConfig = {}): Promise<pg.Client[]> {
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const client = new pg.Client({ connectionString: url, application_name: "bench:queue", ...settings });
      client.on("error", () => {});
      await client.connect();
      return client;
    }),
  );
}

/** Runs statements on a connection of its own; the rows of the last one. */
export async function run(url: string, ...statements: (string | pg.QueryConfig)[]): Promise<Record<string, unknown>[]> {
  const [client] = await connect(url);
  if (client === undefined) return [];
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

/** Closes connections. */
export async function disconnect(clients: readonly pg.Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.end()));
}

/** Waits. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
