// Tests against a real Postgres: they need TEST_DATABASE_URL (role postgres, the migration applied) and are skipped,
// saying so, without it. Every test works in a shard of its own, so files may run side by side on one database.
import { randomInt } from "node:crypto";
import { afterAll, describe } from "vitest";
import { createDatabase, type Database, type DatabasePool } from "../../src/db/database.ts";

/** The database of the tests; undefined: there is none. */
export const databaseUrl = process.env.TEST_DATABASE_URL || undefined;

/** `describe` for tests that need Postgres. */
export function describeWithPostgres(name: string, tests: () => void): void {
  const suffix = databaseUrl === undefined ? " (skipped: TEST_DATABASE_URL is not set)" : "";
  describe.skipIf(databaseUrl === undefined)(`${name}${suffix}`, tests);
}

/** Options of a pool on the tests' database. */
export function databaseOptions(size = 8) {
  return { url: databaseUrl ?? "", role: "service_role", size, applicationName: "switchboard test" };
}

/** A pool for the tests of one file, closed behind them. */
export function openTestDatabase(size?: number): DatabasePool {
  const db = createDatabase(databaseOptions(size));
  afterAll(() => db.end());
  return db;
}

/** A shard that no other test has: what one test claims is no other's. The negative ones are the queue model's. */
export async function freeShard(db: Database): Promise<number> {
  for (;;) {
    const shard = randomInt(1, 32_768);
    const { rows } = await db.query("select from public.tenants where shard = $1", [shard]);
    if (rows.length === 0) return shard;
  }
}
