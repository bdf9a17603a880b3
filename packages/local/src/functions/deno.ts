// How Deno is called: its cache lies in the data folder, its settings come from the project's import map only, and what
// the functions import is downloaded beforehand, so that their processes run from the cache with a clean environment.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { inheritedEnv } from "../config.ts";
import { denoBinary } from "../tools.ts";
import type { FunctionConfig } from "./config.ts";

/**
 * The variables by which Deno itself is steered.
 * @param denoDir - folder of its cache
 */
export function denoEnv(denoDir: string): Record<string, string> {
  return { DENO_DIR: denoDir, DENO_NO_PACKAGE_JSON: "1", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
}

/** Arguments that every call of Deno shares. */
export function denoArguments(importMap: string | undefined): string[] {
  return ["--no-lock", "--node-modules-dir=none", ...(importMap ? ["--config", importMap] : ["--no-config"])];
}

/**
 * Downloads what the functions import. Does nothing when neither an import map nor a source file has changed.
 * @param functions - the functions
 * @param options.denoDir - folder of Deno's cache
 * @param options.root - the project: its sources decide whether anything has to be done
 * @returns Deno's words about what could not be downloaded; "" when all is well
 */
export async function prefetch(
  functions: Iterable<FunctionConfig>,
  options: { readonly denoDir: string; readonly root: string },
): Promise<string> {
  const enabled = [...functions].filter((fn) => fn.enabled);
  const stamp = path.join(options.denoDir, `prefetched-${digest(options.root)}`);
  const wanted = fingerprint(enabled, options.root);
  if (enabled.length === 0 || (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted)) return "";
  mkdirSync(options.denoDir, { recursive: true });
  let problems = "";
  for (const [importMap, group] of Map.groupBy(enabled, (fn) => fn.importMap))
    problems += await cache(importMap, group, options.denoDir);
  if (problems === "") writeFileSync(stamp, wanted);
  return problems;
}

async function cache(
  importMap: string | undefined,
  group: readonly FunctionConfig[],
  denoDir: string,
): Promise<string> {
  const entrypoints = group.map((fn) => fn.entrypoint);
  // The caller's whole environment: certificates and proxies of this machine matter for a download.
  const child = spawn(denoBinary, ["cache", "--quiet", ...denoArguments(importMap), ...entrypoints], {
    env: { ...inheritedEnv(), ...denoEnv(denoDir) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return code === 0 ? "" : errors || `deno cache ended with ${code}`;
}

/** Hash of everything that can change what has to be downloaded: import lines of all sources, import maps, Deno. */
function fingerprint(functions: readonly FunctionConfig[], root: string): string {
  const hash = createHash("sha256").update(denoBinary);
  for (const fn of functions) hash.update(fn.entrypoint).update(fn.importMap ?? "");
  const maps = new Set(functions.flatMap((fn) => (fn.importMap ? [fn.importMap] : [])));
  for (const map of maps) hash.update(readFileSync(map));
  for (const folder of ["supabase/functions", "packages/commons/src"]) hashImports(hash, path.join(root, folder));
  return hash.digest("hex");
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function hashImports(hash: ReturnType<typeof createHash>, folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (!/\.[cm]?[jt]sx?$/.test(name)) continue;
    const source = readFileSync(path.join(folder, name), "utf8");
    hash.update(name).update((source.match(/["'](npm:|jsr:|https?:)?[@\w./:-]+["']/g) ?? []).join("\n"));
  }
}
