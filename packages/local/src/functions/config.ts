// Which edge functions a project has and how each is run: supabase/config.toml and the folders below
// supabase/functions, by the rules of the Supabase CLI.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";
import { parse } from "smol-toml";

/** One edge function. Paths are absolute. */
export interface FunctionConfig {
  readonly slug: string;
  readonly enabled: boolean;
  /** Whether the gateway refuses requests without a valid token or key. */
  readonly verifyJwt: boolean;
  readonly entrypoint: string;
  readonly importMap: string | undefined;
  /** Variables of supabase/functions/.env and the function's own .env, without the reserved names. */
  readonly env: Readonly<Record<string, string>>;
}

type TomlFunction = {
  readonly enabled?: boolean;
  readonly verify_jwt?: boolean;
  readonly entrypoint?: string;
  readonly import_map?: string;
};

const SLUG = /^[A-Za-z][A-Za-z0-9_-]*$/;

/**
 * Reads the functions of a project: every folder with an index.ts and every [functions.x] of config.toml.
 * @param root - the project
 */
export function readFunctions(root: string): Map<string, FunctionConfig> {
  const supabase = path.join(root, "supabase");
  const folder = path.join(supabase, "functions");
  const configured = readToml(path.join(supabase, "config.toml"));
  const shared = readEnvFile(path.join(folder, ".env"));
  const slugs = new Set([...Object.keys(configured), ...foldersWithIndex(folder)]);
  const functions = new Map<string, FunctionConfig>();
  for (const slug of slugs) {
    const toml = configured[slug] ?? {};
    const own = path.join(folder, slug);
    const entrypoint = toml.entrypoint ? path.resolve(supabase, toml.entrypoint) : path.join(own, "index.ts");
    if (!existsSync(entrypoint)) continue; // named in config.toml, not written yet
    functions.set(slug, {
      slug,
      enabled: toml.enabled ?? true,
      verifyJwt: toml.verify_jwt ?? true,
      entrypoint,
      importMap: toml.import_map ? path.resolve(supabase, toml.import_map) : ownImportMap(own),
      env: withoutReserved({ ...shared, ...readEnvFile(path.join(own, ".env")) }),
    });
  }
  return functions;
}

/** The platform drops variables of these names from a project's own: it sets them itself. */
export function withoutReserved(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("SUPABASE_")));
}

function readToml(file: string): Record<string, TomlFunction> {
  if (!existsSync(file)) return {};
  // SAFETY: the CLI refuses a config.toml whose fields have other types; here only these few are read.
  const toml = parse(readFileSync(file, "utf8")) as { functions?: Record<string, TomlFunction> };
  return toml.functions ?? {};
}

function foldersWithIndex(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && SLUG.test(entry.name))
    .filter((entry) => existsSync(path.join(folder, entry.name, "index.ts")))
    .map((entry) => entry.name);
}

function ownImportMap(folder: string): string | undefined {
  return ["deno.json", "deno.jsonc"].map((name) => path.join(folder, name)).find((file) => existsSync(file));
}

function readEnvFile(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  const parsed = Object.entries(parseEnv(readFileSync(file, "utf8")));
  return Object.fromEntries(parsed.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
