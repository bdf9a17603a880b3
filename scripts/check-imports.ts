// Checks who imports whom: DESIGN.md's floors, declared packages, no circles in commons, settings read in one place.
//   node scripts/check-imports.ts [--root <project>]
// Prints each broken rule with its place and how to mend it; ends with 1 when there is one.
import path from "node:path";
import { parseArgs } from "node:util";
import { readProject } from "./imports/project.ts";
import { problemsOf } from "./imports/rules.ts";

const { values } = parseArgs({
  options: { root: { type: "string", default: path.resolve(import.meta.dirname, "..") } },
});
const project = readProject(values.root);
const problems = problemsOf(project);
for (const { file, line, what, mend } of problems) console.error(`${file}:${line} ${what}\n    ${mend}`);
console.log(
  problems.length === 0
    ? `${project.files.length} files import only whom they may.`
    : `\n${problems.length} of the rules in DESIGN.md, "Who may import whom", are broken.`,
);
process.exit(problems.length === 0 ? 0 : 1);
