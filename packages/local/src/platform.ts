// Makes a plain Postgres look like a Supabase project: the platform's roles and schemas, then the project's migrations,
// applied by the real `supabase db push`. Both are skipped when nothing has changed since the last start.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { inheritedEnv } from "./config.ts";
import type { Keys } from "./keys.ts";
import { ensureSystemSchemas } from "./lite.ts";
import { supabaseCli, supabaseCliEnv } from "./tools.ts";

/** Connection strings of the three database users. */
export interface DatabaseUrls {
  /** Superuser; for the platform itself. */
  readonly admin: string;
  /** The project's owner, no superuser: migrations, programs, you. */
  readonly postgres: string;
  /** REST and Auth. */
  readonly lite: string;
}

/**
 * The connection strings of a local platform.
 * @param port - port of Postgres on 127.0.0.1
 * @param passwords - from keys.json
 */
export function databaseUrls(port: number, passwords: Keys["passwords"]): DatabaseUrls {
  const at = `127.0.0.1:${port}/postgres`;
  return {
    admin: `postgresql://supabase_admin:${passwords.admin}@${at}`,
    postgres: `postgresql://postgres:${passwords.postgres}@${at}`,
    lite: `postgresql://lite_api:${passwords.lite}@${at}`,
  };
}

/**
 * Creates what a hosted project has: roles, extensions, the schemas auth, storage and realtime.
 * @param urls - connection strings
 * @param passwords - set for the users that log in
 * @returns whether there was anything to do
 */
export async function preparePlatform(urls: DatabaseUrls, passwords: Keys["passwords"]): Promise<boolean> {
  const files = ["roles.sql", "realtime.sql", "auth.sql", "storage.sql"].map((name) =>
    readFileSync(sqlFile(name), "utf8"),
  );
  const [roles = "", realtime = "", auth = "", storage = ""] = files;
  const wanted = hash([...files, liteVersion(), JSON.stringify(passwords)]);
  const admin = postgres(urls.admin, { max: 1, onnotice: () => {} });
  try {
    if ((await readStamp(admin, "platform")) === wanted) return false;
    await admin.unsafe(roles);
    for (const [user, password] of [
      ["postgres", passwords.postgres],
      ["lite_api", passwords.lite],
      ["authenticator", passwords.postgres],
    ] as const)
      await admin.unsafe(`alter role ${user} with password '${password}'`);
    await admin.unsafe(realtime);
    await ensureSystemSchemas(urls.admin);
    await admin.unsafe(auth);
    await admin.unsafe(storage);
    await writeStamp(admin, "platform", wanted);
    return true;
  } finally {
    await admin.end();
  }
}

/** What became of the project's migrations. */
export interface MigrationReport {
  /** Migrations of the project. */
  readonly count: number;
  /** Whether `supabase db push` was needed. */
  readonly pushed: boolean;
  /** Files that were changed after they had been applied: the database still has their old form. */
  readonly edited: readonly string[];
}

/**
 * Applies supabase/migrations with `supabase db push`, as the user `postgres`.
 * @param root - the project
 * @param urls - connection strings
 * @throws Error with the CLI's words when a migration fails (it is then rolled back as a whole)
 */
export async function applyMigrations(root: string, urls: DatabaseUrls): Promise<MigrationReport> {
  const files = migrationHashes(path.join(root, "supabase/migrations"));
  const admin = postgres(urls.admin, { max: 1, onnotice: () => {} });
  try {
    const known: Record<string, string> = JSON.parse((await readStamp(admin, "migrations")) ?? "{}");
    const applied = await appliedVersions(admin);
    const names = Object.keys(files);
    const edited = names.filter(
      (name) => applied.has(version(name)) && known[name] !== undefined && known[name] !== files[name],
    );
    const pushed = names.some((name) => !applied.has(version(name))) || applied.size > names.length;
    if (pushed) await push(root, urls.postgres);
    const nowApplied = Object.fromEntries(
      names.map((name) => [name, edited.includes(name) ? known[name] : files[name]]),
    );
    await writeStamp(admin, "migrations", JSON.stringify(nowApplied));
    return { count: names.length, pushed, edited };
  } finally {
    await admin.end();
  }
}

function migrationHashes(folder: string): Record<string, string> {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+_.*\.sql$/.test(name)) : [];
  return Object.fromEntries(names.sort().map((name) => [name, hash([readFileSync(path.join(folder, name), "utf8")])]));
}

async function push(root: string, url: string): Promise<void> {
  const child = spawn(process.execPath, [supabaseCli, "db", "push", `--remote=${url}`, "--yes", "--workdir", root], {
    cwd: root,
    env: { ...inheritedEnv(), ...supabaseCliEnv },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`The migrations could not be applied (supabase db push):\n${output.trim()}`);
}

async function appliedVersions(admin: postgres.Sql): Promise<Set<string>> {
  const rows = await admin<{ version: string }[]>`select version from supabase_migrations.schema_migrations`;
  return new Set(rows.map((row) => row.version));
}

function version(fileName: string): string {
  return fileName.split("_")[0] ?? fileName;
}

async function readStamp(admin: postgres.Sql, name: string): Promise<string | undefined> {
  const [table] = await admin<{ there: boolean }[]>`select to_regclass('_local.stamps') is not null as there`;
  if (table?.there !== true) return undefined;
  const [row] = await admin<{ value: string }[]>`select value from _local.stamps where name = ${name}`;
  return row?.value;
}

async function writeStamp(admin: postgres.Sql, name: string, value: string): Promise<void> {
  await admin`
    insert into _local.stamps (name, value) values (${name}, ${value})
    on conflict (name) do update set value = excluded.value`;
}

function sqlFile(name: string): string {
  return path.join(import.meta.dirname, "platform", name);
}

function liteVersion(): string {
  const entry = fileURLToPath(import.meta.resolve("@supabase/lite"));
  return JSON.parse(readFileSync(path.resolve(path.dirname(entry), "../package.json"), "utf8")).version;
}

function hash(parts: readonly string[]): string {
  const sha = createHash("sha256");
  for (const part of parts) sha.update(part).update("\0");
  return sha.digest("hex");
}
