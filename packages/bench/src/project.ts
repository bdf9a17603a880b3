// The project that is measured: this workspace with two more edge functions, put together in a folder of its own, so
// that the measured functions are served by the same gateway, beside the real ones.
import { appendFileSync, cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";

/** The workspace. */
export const WORKSPACE = path.resolve(import.meta.dirname, "../../..");
const FUNCTIONS = path.resolve(import.meta.dirname, "../functions");

/**
 * Puts the project together.
 * @param root - its folder; what was there before is removed
 */
export function createProject(root: string): void {
  rmSync(root, { recursive: true, force: true });
  const supabase = path.join(root, "supabase");
  mkdirSync(supabase, { recursive: true });
  for (const part of ["config.toml", "migrations", "functions"])
    cpSync(path.join(WORKSPACE, "supabase", part), path.join(supabase, part), { recursive: true });
  for (const name of readdirSync(FUNCTIONS)) {
    cpSync(path.join(FUNCTIONS, name), path.join(supabase, "functions", name), { recursive: true });
    const entry = `\n[functions.${name}]\nverify_jwt = false\nimport_map = "./functions/deno.json"\n`;
    appendFileSync(path.join(supabase, "config.toml"), entry);
  }
  // Deno may read below the project only, so the code that functions import is copied; programs run from where they are.
  cpSync(path.join(WORKSPACE, "packages/commons/src"), path.join(root, "packages/commons/src"), { recursive: true });
  for (const name of ["simulator", "agents", "runner"])
    symlinkSync(path.join(WORKSPACE, "packages", name), path.join(root, "packages", name), "dir");
}
