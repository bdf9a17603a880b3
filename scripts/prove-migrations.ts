// Proves that supabase/migrations make what supabase/schemas say: builds a database out of each, reads both catalogs
// (scripts/catalog.ts) and compares them. Both are built without superuser rights, as a hosted project does it.
//   node scripts/prove-migrations.ts <URL of a Postgres superuser>     exits with 1 and the differing lines
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { type Catalog, compareCatalogs, readCatalog } from "./catalog.ts";
import { runTool, UserError } from "./deployment.ts";
import { root } from "./run.ts";

/** How the proof went. */
export interface Proof {
  /** Objects that were compared. */
  readonly objects: number;
  /** What differs: `-` stands only in the schemas, `+` only in the migrations. Empty: they are equal. */
  readonly differences: readonly string[];
}

/**
 * Builds both databases, compares them and removes them.
 * @param adminUrl - connection string of a superuser; its server gets two databases for a few seconds
 * @throws Error naming the file, when one of them cannot be applied
 */
export async function proveMigrations(adminUrl: string): Promise<Proof> {
  return await withClient(adminUrl, async (admin) => {
    const role = await migrationRole(admin);
    try {
      const fromSchemas = await build(admin, { adminUrl, role: role.name, folder: "supabase/schemas" });
      const fromMigrations = await build(admin, { adminUrl, role: role.name, folder: "supabase/migrations" });
      return { objects: fromSchemas.size, differences: compareCatalogs(fromSchemas, fromMigrations) };
    } finally {
      if (role.scratch) await admin.query(`drop role ${role.name}`);
    }
  });
}

/** `postgres` where it is an ordinary user, as on Supabase; elsewhere a user of the same rights, made for the proof. */
async function migrationRole(admin: pg.Client): Promise<{ name: string; scratch: boolean }> {
  const { rows } = await admin.query("select from pg_roles where rolname = 'postgres' and not rolsuper");
  if (rows.length > 0) return { name: "postgres", scratch: false };
  const name = `switchboard_prover_${process.pid}`;
  await admin.query(`create role ${name} createrole createdb bypassrls`);
  return { name, scratch: true };
}

async function build(
  admin: pg.Client,
  options: { readonly adminUrl: string; readonly role: string; readonly folder: string },
): Promise<Catalog> {
  const name = `switchboard_prove_${path.basename(options.folder)}_${process.pid}`;
  await admin.query(`create database ${name} template template0 owner ${options.role}`);
  try {
    const url = new URL(options.adminUrl);
    url.pathname = `/${name}`;
    return await withClient(url.href, async (client) => {
      await client.query(`set session authorization ${options.role}`);
      for (const file of filesOf(options.folder)) await apply(client, file);
      return await readCatalog(client);
    });
  } finally {
    await admin.query(`drop database ${name} with (force)`);
  }
}

/** The SQL files of a folder in the order of their paths. */
function filesOf(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => path.join(folder, file));
}

async function apply(client: pg.Client, file: string): Promise<void> {
  try {
    await client.query(`begin; ${readFileSync(path.join(root, file), "utf8")}; commit`);
  } catch (error) {
    throw new UserError(`${file} cannot be applied: ${error instanceof Error ? error.message : error}`);
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: "switchboard prove-migrations" });
  client.on("error", () => {}); // its database was dropped
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

if (import.meta.main) {
  await runTool(async () => {
    const [adminUrl] = process.argv.slice(2);
    if (adminUrl === undefined) throw new UserError("Give the URL of a Postgres superuser on a server for tests.");
    const { objects, differences } = await proveMigrations(adminUrl);
    if (differences.length > 0)
      throw new UserError(`supabase/migrations do not make what supabase/schemas say:\n${differences.join("\n")}`);
    console.log(`supabase/migrations = supabase/schemas: ${objects} objects compared`);
  });
}
