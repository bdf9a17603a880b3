// Checks that every version is pinned exactly, that the workspace has one version of a package, that the functions'
// import map (supabase/functions/deno.json) names the same ones, and that the lock files hold them.
//   node scripts/check-versions.ts [--root <project>]
// Prints each broken rule with its place and how to mend it; ends with 1 when there is one.
import path from "node:path";
import { parseArgs } from "node:util";
import { readVersions } from "./versions/project.ts";
import { problemsOf } from "./versions/rules.ts";

const { values } = parseArgs({
  options: { root: { type: "string", default: path.resolve(import.meta.dirname, "..") } },
});
const versions = readVersions(values.root);
const problems = problemsOf(versions);
for (const { file, line, what, mend } of problems) console.error(`${file}:${line} ${what}\n    ${mend}`);
const names = new Set(versions.wishes.map(({ name }) => name));
console.log(
  problems.length === 0
    ? `${names.size} packages are pinned, each to one version.`
    : `\n${problems.length} versions to mend.`,
);
process.exit(problems.length === 0 ? 0 : 1);
