// The rules of DESIGN.md, "Who may import whom", one function for each way to break them.
import { builtinModules } from "node:module";
import path from "node:path";
import { cyclesOf } from "./cycles.ts";
import { type Home, homeOf } from "./floors.ts";
import type { Project, SourceFile } from "./project.ts";
import type { Import } from "./specifiers.ts";

/** A broken rule: where, what, and how to mend it. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly what: string;
  readonly mend: string;
}

/** Packages that play the outside world. */
const SIMULATORS = new Set(["simulator", "simulator-web"]);
/** The parts of commons that they may share with the product. */
const SHARED_WITH_SIMULATOR = ["env.ts", "log.ts", "json.ts"].map((file) => `packages/commons/src/${file}`);
/** Who reads the environment: commons/env.ts, the config file of a package, the host that makes it, and small tools. */
const READS_ENVIRONMENT =
  /^(packages\/commons\/src\/env\.ts|packages\/[^/]+\/src\/config\.ts|packages\/local\/src\/edge\/host\.ts|scripts\/.*)$/;
const SCOPE = "@switchboard/";

/** All broken rules of a project, in the order of files and lines. */
export function problemsOf(project: Project): Problem[] {
  const problems = project.files.flatMap((file) => [...importProblems(project, file), ...environmentProblems(file)]);
  return [...problems, ...cycleProblems(project)].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

function importProblems(project: Project, file: SourceFile): Problem[] {
  const home = homeOf(file.path);
  if (home === undefined)
    return [
      {
        file: file.path,
        line: 1,
        what: "lies in a folder of commons that has no floor",
        mend: "move it into one that has (scripts/imports/floors.ts), or give the folder its floor there and in DESIGN.md",
      },
    ];
  return file.imports.flatMap((each) => {
    const found = problemOf(project, { file, home }, each);
    return found === undefined ? [] : [{ file: file.path, line: each.line, ...found }];
  });
}

type Complaint = Pick<Problem, "what" | "mend">;
type Importer = { readonly file: SourceFile; readonly home: Home };

function problemOf(project: Project, from: Importer, { specifier, typeOnly }: Import): Complaint | undefined {
  if (/^(npm|jsr|https?):/.test(specifier))
    return complaint(
      `imports "${specifier}"`,
      "import the bare name; package.json and supabase/functions/deno.json give it its version",
    );
  if (specifier.startsWith("node:")) return undefined;
  if (builtinModules.includes(specifier)) return complaint(`imports "${specifier}"`, `write "node:${specifier}"`);
  if (specifier.startsWith(".") || specifier.startsWith(SCOPE)) return internalProblem(project, from, specifier);
  return undeclared(project, from, { name: packageOf(specifier), specifier, typeOnly });
}

/** An import of a file of this project. */
function internalProblem(project: Project, from: Importer, specifier: string): Complaint | undefined {
  const target = fileOf(from.file.path, specifier);
  if (target === undefined)
    return complaint(`imports "${specifier}"`, `name the file, such as ${SCOPE}commons/env.ts; packages have no index`);
  if (!project.exists(target))
    return complaint(`imports "${specifier}", but there is no ${target}`, "write the path with its extension");
  const to = homeOf(target);
  if (to === undefined)
    return complaint(`imports "${specifier}"`, "give the target's folder a floor (scripts/imports/floors.ts)");
  const { home } = from;
  const relative = specifier.startsWith(".");
  if (to.unit !== home.unit)
    return relative ? strayProblem(specifier, to) : foreignProblem(project, from, { target, to, specifier });
  if (to.floor > home.floor || (to.floor === home.floor && to.room !== home.room)) return upwards(home, to, specifier);
  return relative ? undefined : complaint(`imports its own package as "${specifier}"`, "write the relative path");
}

/** A relative path that leaves its unit. */
function strayProblem(specifier: string, to: Home): Complaint {
  const what = `reaches with "${specifier}" into ${to.unit}`;
  if (to.isDoor) return complaint(what, "a door is imported by nobody; move what both need to packages/commons");
  return complaint(what, `import it as ${SCOPE}${to.package}/...`);
}

/** An import of another package. */
function foreignProblem(
  project: Project,
  { file, home }: Importer,
  { target, to, specifier }: { readonly target: string; readonly to: Home; readonly specifier: string },
): Complaint | undefined {
  const name = SCOPE + to.package;
  if (to.unit === "commons") {
    if (SIMULATORS.has(home.unit) && !SHARED_WITH_SIMULATOR.includes(target))
      return complaint(
        `imports "${specifier}"`,
        "a simulator plays WhatsApp, so it shares no code with the product but env.ts, log.ts and json.ts",
      );
    return undeclared(project, { file, home }, { name, specifier, typeOnly: false });
  }
  if (home.floor < to.floor) return upwards(home, to, specifier);
  const mine = project.packages.get(home.package);
  if (home.isDoor || (mine?.importedBecause[name] ?? "") === "")
    return complaint(
      `imports "${specifier}" from another package`,
      home.isDoor
        ? "a door imports only packages/commons; move what both need there"
        : `move what both need to packages/commons, or say why in package.json: "switchboard": {"importedBecause": {"${name}": "..."}}`,
    );
  return undeclared(project, { file, home }, { name, specifier, typeOnly: false });
}

function upwards(from: Home, to: Home, specifier: string): Complaint {
  const place = (home: Home) => (home.unit === "commons" ? `commons/${home.room}` : home.unit);
  const way = from.floor === to.floor ? "the floor they share" : "the floors above it";
  return complaint(
    `${place(from)} imports "${specifier}" of ${place(to)}`,
    `${place(from)} does not know ${way}: move what both need down to commons/src, or hand it over as an argument`,
  );
}

/** A bare specifier that package.json, or for functions the import map, does not name. */
function undeclared(
  project: Project,
  { home }: Importer,
  { name, specifier, typeOnly }: { readonly name: string; readonly specifier: string; readonly typeOnly: boolean },
): Complaint | undefined {
  const mine = project.packages.get(home.package);
  const isDoorOfNobody = home.isDoor && home.package === ".";
  const tolerant = typeOnly || home.unit === "scripts";
  const declared =
    isDoorOfNobody || mine?.dependencies.has(name) || (tolerant && mine?.devDependencies.has(name)) || false;
  if (!declared) {
    const file = home.package === "." ? "package.json" : `packages/${home.package}/package.json`;
    const where = home.unit === "scripts" ? "devDependencies" : "dependencies";
    return complaint(`imports "${specifier}"`, `declare ${name} with its exact version in the ${where} of ${file}`);
  }
  const byDeno = home.isDoor || home.unit === "commons";
  const mapped = project.importMap.some((key) => key === specifier || (key.endsWith("/") && specifier.startsWith(key)));
  if (byDeno && !mapped)
    return complaint(
      `imports "${specifier}"`,
      "edge functions run this: declare it in supabase/functions/deno.json too",
    );
  return undefined;
}

function environmentProblems(file: SourceFile): Problem[] {
  if (READS_ENVIRONMENT.test(file.path)) return [];
  return file.environment.map((line) => ({
    file: file.path,
    line,
    what: "reads the environment",
    mend: "take the setting from readSettings of @switchboard/commons/env.ts, in the package's config.ts if it has one",
  }));
}

function cycleProblems(project: Project): Problem[] {
  const commons = project.files.filter((file) => homeOf(file.path)?.unit === "commons");
  const graph = new Map(
    commons.map((file) => [
      file.path,
      file.imports.flatMap(({ specifier }) => (specifier.startsWith(".") ? (fileOf(file.path, specifier) ?? []) : [])),
    ]),
  );
  return cyclesOf(graph).map((cycle) => {
    const names = [...cycle, cycle[0] ?? ""].map((file) => file.replace("packages/commons/src/", ""));
    const [first = ""] = cycle;
    const next = cycle[1] ?? first;
    const line = project.files
      .find((file) => file.path === first)
      ?.imports.find((each) => fileOf(first, each.specifier) === next)?.line;
    return {
      file: first,
      line: line ?? 1,
      what: `imports itself in a circle: ${names.join(" -> ")}`,
      mend: "move what they share into a file that imports neither",
    };
  });
}

/** The file that a specifier of this project names, relative to the project. */
function fileOf(importer: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return path.posix.normalize(path.posix.join(path.posix.dirname(importer), specifier));
  const [, folder, file] = /^@switchboard\/([^/]+)\/(.+)$/.exec(specifier) ?? [];
  return folder === undefined ? undefined : `packages/${folder}/src/${file}`;
}

/** The name of the npm package: hono of hono/cors, @hono/node-server of itself. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function complaint(what: string, mend: string): Complaint {
  return { what, mend };
}
