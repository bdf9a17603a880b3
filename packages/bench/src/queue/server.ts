// The server that is measured: the Postgres of packages/local with real fsync, our schema applied as `supabase db push` does.
import path from "node:path";
import { readKeys } from "@switchboard/local/keys.ts";
import { applyMigrations, databaseUrls, preparePlatform } from "@switchboard/local/platform.ts";
import { PostgresServer } from "@switchboard/local/postgres.ts";
import { WORKSPACE } from "../project.ts";
import { run } from "./connect.ts";
import type { Ground } from "./contender.ts";

/** The same for everybody. */
export const SETTINGS = {
  shared_buffers: "512MB",
  max_wal_size: "8GB",
  checkpoint_timeout: "30min",
  synchronous_commit: "on",
  autovacuum_naptime: "15s",
} as const;

/** A running server. */
export interface Server {
  readonly ground: Ground;
  /** Of Postgres itself. */
  readonly version: string;
  stop(): Promise<void>;
}

/**
 * Starts a new server. What a run before has left in the folder is thrown away.
 * @param folder - for its data, on the disk that is to be measured
 * @param port - of Postgres
 */
export async function startServer(folder: string, port: number): Promise<Server> {
  const postgres = new PostgresServer({
    folder: path.join(folder, "postgres"),
    port,
    logFile: path.join(folder, "postgres.log"),
    settings: SETTINGS,
    onCrash: (how) => console.error(`Postgres ended unexpectedly: ${how}`),
  });
  await postgres.stopLeftover();
  postgres.wipe();
  const { passwords } = await readKeys(folder, false);
  const urls = databaseUrls(port, passwords);
  try {
    postgres.initialise(passwords.admin);
    await postgres.start();
    await preparePlatform(urls, passwords);
    await applyMigrations(WORKSPACE, urls);
    const [row] = await run(urls.postgres, "select current_setting('server_version') as version");
    return {
      ground: { url: urls.postgres, adminUrl: urls.admin, folder: postgres.folder },
      version: String(row?.version),
      stop: async () => {
        await postgres.stop();
        postgres.wipe();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
