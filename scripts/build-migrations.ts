// Writes supabase/migrations out of supabase/schemas: until the first release there is one initial migration, which is
// every schema file in the order of its path. `--check` only compares (scripts/check.ts runs it so).
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const schemas = path.join(root, "supabase/schemas");
const target = path.join(root, "supabase/migrations/20261120000000_init.sql");

const files = readdirSync(schemas, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".sql"))
  .sort();
const migration = `-- The initial schema. Generated from supabase/schemas by \`npm run db:build\`: edit there.
${files.map((file) => `\n-- ${file}\n${readFileSync(path.join(schemas, file), "utf8")}`).join("")}`;

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== migration) {
    console.error("supabase/migrations is not what supabase/schemas says: run `npm run db:build`.");
    process.exit(1);
  }
} else {
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, migration);
  console.log(`${path.relative(root, target)}: ${files.length} files`);
}
