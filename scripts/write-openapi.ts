// Writes supabase/functions/api/openapi.json out of the operations of the API: `npm run api:document`. Deno runs it,
// because a door's files are nobody else's to import; scripts/check.ts compares.
import { DENO_ENV } from "./check.ts";
import { deno, runProgram } from "./run.ts";

const folder = "supabase/functions/api";
const flags = [
  "run",
  "--quiet",
  "--no-lock",
  "--config",
  "supabase/functions/deno.json",
  "--allow-read",
  "--allow-env",
];
const args = [...flags, `--allow-write=${folder}/openapi.json`, `${folder}/openapi.ts`];
const { ok, output } = await runProgram({ command: deno, args, env: DENO_ENV });
if (output !== "") console.error(output.trimEnd());
process.exit(ok ? 0 : 1);
