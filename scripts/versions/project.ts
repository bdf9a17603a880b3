// What check-versions knows of a project: what the package.json files and the functions' import map ask for, and what
// the lock files hold.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** One wish: a file asks for a package in a version. */
export interface Wish {
  /** The file, relative to the project. */
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly version: string;
}

/** An entry of the functions' import map: `key` -> npm:`name`@`version`. */
export interface MapEntry extends Wish {
  readonly key: string;
  /** The whole target, such as npm:hono@4.13.19. */
  readonly target: string;
}

/** Everything that names versions. */
export interface Versions {
  readonly wishes: readonly Wish[];
  readonly mapEntries: readonly MapEntry[];
  /** "name@version" of everything in pnpm-lock.yaml; undefined when there is no such file. */
  readonly locked: ReadonlySet<string> | undefined;
  /** "name@version" of what Deno's lock file was asked for; undefined when there is no such file. */
  readonly denoLocked: ReadonlySet<string> | undefined;
}

const MAP = "supabase/functions/deno.json";
const FIELDS = ["dependencies", "devDependencies", "optionalDependencies"] as const;

/** Reads a project. */
export function readVersions(root: string): Versions {
  const packages = path.join(root, "packages");
  const folders = existsSync(packages) ? readdirSync(packages).map((name) => `packages/${name}/package.json`) : [];
  const files = ["package.json", ...folders].filter((file) => existsSync(path.join(root, file)));
  return {
    wishes: files.flatMap((file) => wishesOf(root, file)),
    mapEntries: readMap(root),
    locked: readPnpmLock(path.join(root, "pnpm-lock.yaml")),
    denoLocked: readDenoLock(path.join(root, "supabase/functions/deno.lock")),
  };
}

function wishesOf(root: string, file: string): Wish[] {
  const text = readFileSync(path.join(root, file), "utf8");
  // SAFETY: pnpm refuses a package.json in which these fields have other types.
  const json = JSON.parse(text) as { packageManager?: string } & Partial<
    Record<(typeof FIELDS)[number], Record<string, string>>
  >;
  const wishes = FIELDS.flatMap((field) => Object.entries(json[field] ?? {}));
  const [manager = "", version = ""] = json.packageManager?.split("@") ?? [];
  const all = manager === "" ? wishes : [...wishes, [manager, version] as const];
  return all.map(([name, wanted]) => ({ file, line: lineOf(text, `"${name}"`, wanted), name, version: wanted }));
}

function readMap(root: string): MapEntry[] {
  const file = path.join(root, MAP);
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8");
  // SAFETY: Deno refuses an import map of another shape.
  const json = JSON.parse(text) as { imports?: Record<string, string> };
  return Object.entries(json.imports ?? {})
    .filter(([, target]) => !target.startsWith("."))
    .map(([key, target]) => {
      const [, name = "", version = ""] = /^npm:\/?((?:@[^/@]+\/)?[^/@]+)@?([^/]*)/.exec(target) ?? [];
      return { file: MAP, line: lineOf(text, `"${key}"`, target), key, target, name, version };
    });
}

/** The keys below `packages:`, such as `  '@ai-sdk/gateway@4.0.146':`. */
function readPnpmLock(file: string): Set<string> | undefined {
  if (!existsSync(file)) return undefined;
  const [, packages = ""] = readFileSync(file, "utf8").split(/^packages:$/m);
  const [section = ""] = packages.split(/^\S/m);
  return new Set(Array.from(section.matchAll(/^ {2}'?([^\s']+)'?:$/gm), ([, key = ""]) => key));
}

function readDenoLock(file: string): Set<string> | undefined {
  if (!existsSync(file)) return undefined;
  // SAFETY: Deno writes this file; another shape gives an empty set, which is then reported.
  const json = JSON.parse(readFileSync(file, "utf8")) as { specifiers?: Record<string, string> };
  return new Set(Object.keys(json.specifiers ?? {}).map((specifier) => specifier.replace(/^npm:\/?/, "")));
}

/** The line on which a name and its value stand. */
function lineOf(text: string, name: string, value: string): number {
  const lines = text.split("\n");
  const exact = lines.findIndex((line) => line.includes(name) && line.includes(value));
  return (exact === -1 ? lines.findIndex((line) => line.includes(value)) : exact) + 1;
}
