// What check-imports knows of a project: its source files, the packages and what they declare, and where a specifier leads.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Findings, findingsOf } from "./specifiers.ts";

/** A package of the workspace, or the workspace itself ("."). */
export interface Package {
  /** Its folder's name below packages/, or ".". */
  readonly folder: string;
  /** What runs may import. */
  readonly dependencies: ReadonlySet<string>;
  /** What its types and scripts may import besides. */
  readonly devDependencies: ReadonlySet<string>;
  /** Package name -> why this package imports it. */
  readonly importedBecause: Readonly<Record<string, string>>;
}

/** A source file; `path` is relative to the project, with forward slashes. */
export interface SourceFile extends Findings {
  readonly path: string;
}

/** The project as far as imports are concerned. */
export interface Project {
  readonly root: string;
  readonly files: readonly SourceFile[];
  readonly packages: ReadonlyMap<string, Package>;
  /** Specifiers of the functions' import map; those that end in "/" are prefixes. */
  readonly importMap: readonly string[];
  /** Whether a file exists, path relative to the project. */
  exists(file: string): boolean;
}

/** Reads a project. Tests are left out: they may reach for anything. */
export function readProject(root: string): Project {
  const packages = new Map<string, Package>();
  for (const folder of [".", ...foldersOf(path.join(root, "packages"))])
    packages.set(folder, readPackage(root, folder));
  const folders = [
    ...[...packages.keys()]
      .filter((folder) => folder !== ".")
      .flatMap((name) => [`packages/${name}/src`, `packages/${name}/functions`]),
    "supabase/functions",
    "scripts",
  ];
  const files = folders
    .flatMap((folder) => sourcesBelow(root, folder))
    .map((file) => ({ path: file, ...findingsOf(readFileSync(path.join(root, file), "utf8")) }));
  return { root, files, packages, importMap: readImportMap(root), exists: (file) => existsSync(path.join(root, file)) };
}

function foldersOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

function readPackage(root: string, folder: string): Package {
  const file = path.join(root, folder === "." ? "" : `packages/${folder}`, "package.json");
  // SAFETY: only these fields are read, and pnpm refuses a package.json in which they have other types.
  const json = (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {}) as {
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
    switchboard?: { importedBecause?: Record<string, string> };
  };
  return {
    folder,
    dependencies: new Set(Object.keys(json.dependencies ?? {})),
    devDependencies: new Set(Object.keys(json.devDependencies ?? {})),
    importedBecause: json.switchboard?.importedBecause ?? {},
  };
}

function sourcesBelow(root: string, folder: string): string[] {
  const absolute = path.join(root, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, encoding: "utf8" })
    .map((file) => `${folder}/${file.replaceAll(path.sep, "/")}`)
    .filter((file) => /\.[cm]?tsx?$/.test(file) && !/(^|\/)(node_modules|test|tests)\/|[._]test\.ts$/.test(file))
    .sort();
}

function readImportMap(root: string): string[] {
  const file = path.join(root, "supabase/functions/deno.json");
  if (!existsSync(file)) return [];
  // SAFETY: Deno refuses an import map of another shape.
  const json = JSON.parse(readFileSync(file, "utf8")) as { imports?: Record<string, string> };
  return Object.keys(json.imports ?? {});
}
