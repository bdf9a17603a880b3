// Everything that can be told without running the product: form, types, imports, versions, and that the migration is
// what the schemas say. `npm run check`; also the first part of `npm test`.
import { bin, deno, root, Steps } from "./run.ts";

/** Variables of every Deno that checks or tests: the local platform's cache, and no look at package.json. */
export const DENO_ENV = {
  DENO_DIR: `${root}/.switchboard/deno`,
  DENO_NO_PACKAGE_JSON: "1",
  DENO_NO_UPDATE_CHECK: "1",
  NO_COLOR: "1",
};
const FUNCTIONS = ["wa-webhook", "queue-worker", "health", "api"].map((name) => `supabase/functions/${name}`);

/** Runs all checks, a line for each. */
export async function runChecks(steps: Steps): Promise<void> {
  await steps.run("format and lint", { command: bin("biome"), args: ["check", "--error-on-warnings", "."] });
  await steps.run("types (tsc)", { command: bin("tsc"), args: ["-p", "tsconfig.json"] });
  const config = ["--config", "supabase/functions/deno.json"];
  const entrypoints = FUNCTIONS.map((folder) => `${folder}/index.ts`);
  await steps.run("types (deno)", {
    command: deno,
    args: ["check", "--quiet", "--no-lock", ...config, ...entrypoints],
    env: DENO_ENV,
  });
  await steps.run("lint (deno)", { command: deno, args: ["lint", "--quiet", ...config, ...FUNCTIONS], env: DENO_ENV });
  const document = "supabase/functions/api/openapi";
  await steps.run("OpenAPI = operations", {
    command: deno,
    args: ["run", "--quiet", "--no-lock", ...config, "--allow-read", "--allow-env", `${document}.ts`, "--check"],
    env: DENO_ENV,
  });
  await steps.run("OpenAPI (redocly)", {
    command: bin("redocly"),
    args: ["lint", "--extends=recommended-strict", `${document}.json`],
    env: { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", CI: "1" },
  });
  await steps.run("who imports whom", { command: process.execPath, args: ["scripts/check-imports.ts"] });
  await steps.run("pinned versions", { command: process.execPath, args: ["scripts/check-versions.ts"] });
  await steps.run("migration = schemas", {
    command: process.execPath,
    args: ["scripts/build-migrations.ts", "--check"],
  });
}

if (import.meta.main) {
  const steps = new Steps();
  await runChecks(steps);
  process.exit(steps.ok ? 0 : 1);
}
