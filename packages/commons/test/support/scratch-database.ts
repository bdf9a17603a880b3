// A database of a test's own, with the migrations applied, beside the tests' common one: for what fills tables, stops clocks
// for everybody or drops partitions.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { databaseUrl } from "./database.ts";

const migrations = path.resolve(import.meta.dirname, "../../../../supabase/migrations");

/** A database, and how to be rid of it. */
export interface ScratchDatabase {
  readonly url: string;
  /** One more connection, as the user of the migrations; closed with the database. */
  connect(): Promise<pg.Client>;
  drop(): Promise<void>;
}

/**
 * Makes a database and applies the migrations.
 * @param name - what it is for, in lower case; the process's number is added
 */
export async function createScratchDatabase(name: string): Promise<ScratchDatabase> {
  const database = `switchboard_${name}_${process.pid}`;
  const clients: pg.Client[] = [];
  const url = Object.assign(new URL(databaseUrl ?? ""), { pathname: `/${database}` }).href;
  const connect = async () => {
    const client = new pg.Client({ connectionString: url, application_name: `switchboard test ${name}` });
    clients.push(client);
    await client.connect();
    return client;
  };
  await admin(`create database ${database} template template0`);
  const client = await connect();
  for (const file of readdirSync(migrations).sort())
    await client.query(readFileSync(path.join(migrations, file), "utf8"));
  return {
    url,
    connect,
    async drop() {
      await Promise.all(clients.map((each) => each.end()));
      // Not `with (force)`, which may not end an autovacuum worker for a user who is no superuser; this waits until it ends.
      await admin(`drop database if exists ${database}`);
    },
  };
}

async function admin(sql: string): Promise<void> {
  const one = new pg.Client({ connectionString: databaseUrl });
  await one.connect();
  await one.query(sql).finally(() => one.end());
}
