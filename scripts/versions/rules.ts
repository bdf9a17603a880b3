// The rules about versions: exact, the same everywhere, and the ones that the lock files hold.
import type { MapEntry, Versions, Wish } from "./project.ts";

/** A broken rule: where, what, and how to mend it. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly what: string;
  readonly mend: string;
}

const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const RELOCK = "run pnpm install, and commit pnpm-lock.yaml";

/** All broken rules. */
export function problemsOf(versions: Versions): Problem[] {
  const outside = versions.wishes.filter(({ version }) => !version.startsWith("workspace:"));
  return [
    ...outside.flatMap(loose),
    ...versions.wishes.filter(({ version }) => version.startsWith("workspace:") && version !== "workspace:*").map(odd),
    ...disagreements(outside),
    ...outside.flatMap((wish) => unlocked(versions, wish)),
    ...versions.mapEntries.flatMap((entry) => mapProblems(versions, entry)),
  ];
}

function loose(wish: Wish): Problem[] {
  if (EXACT.test(wish.version)) return [];
  return [problem(wish, `asks for ${wish.name} "${wish.version}"`, "write one exact version, such as 1.2.3")];
}

function odd(wish: Wish): Problem {
  return problem(wish, `asks for ${wish.name} "${wish.version}"`, 'write "workspace:*"');
}

/** A package that the workspace asks for in several versions; the version that most ask for counts as the right one. */
function disagreements(wishes: readonly Wish[]): Problem[] {
  return [...Map.groupBy(wishes, ({ name }) => name).values()].flatMap((group) => {
    const byVersion = [...Map.groupBy(group, ({ version }) => version)].sort(([, a], [, b]) => b.length - a.length);
    const [most, ...others] = byVersion;
    if (most === undefined) return [];
    const [version, [first]] = most;
    return others.flatMap(([, few]) =>
      few.map((wish) =>
        problem(
          wish,
          `asks for ${wish.name} ${wish.version}, ${first?.file} for ${version}`,
          `write ${version} in both, or move all to one newer version`,
        ),
      ),
    );
  });
}

function unlocked({ locked }: Versions, wish: Wish): Problem[] {
  const isManager = wish.file === "package.json" && wish.name === "pnpm"; // it installs; it is not installed
  if (locked === undefined || isManager || !EXACT.test(wish.version) || locked.has(`${wish.name}@${wish.version}`))
    return [];
  return [problem(wish, `asks for ${wish.name} ${wish.version}, which pnpm-lock.yaml does not hold`, RELOCK)];
}

function mapProblems(versions: Versions, entry: MapEntry): Problem[] {
  if (!entry.target.startsWith("npm:"))
    return [
      problem(entry, `maps "${entry.key}" to ${entry.target}`, "functions import from npm only: npm:<name>@<version>"),
    ];
  const whole = `${entry.name}@${entry.version}`;
  if (!EXACT.test(entry.version))
    return [
      problem(
        entry,
        `maps "${entry.key}" to ${entry.target}`,
        "write one exact version: deno.lock is not deployed, so the map alone decides",
      ),
    ];
  const asked = versions.wishes.find(({ name }) => name === entry.name);
  if (asked !== undefined && asked.version !== entry.version)
    return [
      problem(
        entry,
        `maps "${entry.key}" to version ${entry.version}, ${asked.file} asks for ${asked.version}`,
        "write the same version in both",
      ),
    ];
  const held = asked !== undefined || versions.locked === undefined || versions.locked.has(whole);
  if (!held)
    return [problem(entry, `maps "${entry.key}" to ${whole}, which nothing else in the workspace has`, RELOCK)];
  if (versions.denoLocked?.has(whole) === false && !entry.key.endsWith("/"))
    return [
      problem(
        entry,
        `maps "${entry.key}" to ${whole}, which deno.lock does not hold`,
        "run deno cache with supabase/functions/deno.json, and commit deno.lock",
      ),
    ];
  return [];
}

function problem({ file, line }: Wish, what: string, mend: string): Problem {
  return { file, line, what, mend };
}
