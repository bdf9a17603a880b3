// The importer rule on small projects: each way to break it is found, and what is allowed passes.
import { expect, test } from "vitest";
import { readProject } from "../imports/project.ts";
import { problemsOf } from "../imports/rules.ts";
import { findingsOf } from "../imports/specifiers.ts";
import { createTree } from "./tree.ts";

const uses = (specifier: string) => `import { x } from "${specifier}";\n`;
const leaf = "export const x = 1;\n";
const declares = (...names: string[]) => ({ dependencies: Object.fromEntries(names.map((name) => [name, "1.0.0"])) });

/** The broken rules of a project as "file:line what"; commons has a file on every floor and everything is declared. */
function problems(files: Readonly<Record<string, unknown>>): string[] {
  const root = createTree({
    "package.json": { devDependencies: { "@switchboard/commons": "workspace:*", "@switchboard/local": "workspace:*" } },
    "packages/commons/package.json": declares("pg"),
    "packages/runner/package.json": declares("pg", "@switchboard/commons", "@switchboard/agents"),
    "packages/agents/package.json": declares("@switchboard/commons"),
    "packages/simulator/package.json": declares("@switchboard/commons"),
    "supabase/functions/deno.json": {
      imports: { pg: "npm:pg@1.0.0", "@switchboard/commons/": "../../packages/commons/src/" },
    },
    "packages/commons/src/env.ts": leaf,
    "packages/commons/src/errors.ts": leaf,
    "packages/commons/src/text/split.ts": leaf,
    "packages/commons/src/db/queue.ts": leaf,
    "packages/commons/src/providers/index.ts": leaf,
    "packages/commons/src/services/call.ts": leaf,
    "packages/commons/src/handlers/turn.ts": leaf,
    "packages/commons/src/work/drain.ts": leaf,
    "packages/agents/src/app.ts": leaf,
    "supabase/functions/health/app.ts": leaf,
    ...files,
  });
  return problemsOf(readProject(root)).map(({ file, line, what }) => `${file}:${line} ${what}`);
}

test("arrows that go down pass", () => {
  const down = {
    "packages/commons/src/text/split.ts": uses("../errors.ts"),
    "packages/commons/src/db/queue.ts": uses("../text/split.ts"),
    "packages/commons/src/handlers/turn.ts": uses("../db/queue.ts") + uses("../services/call.ts"),
    "packages/commons/src/work/drain.ts": uses("../handlers/turn.ts") + uses("../env.ts") + uses("pg"),
    "packages/runner/src/main.ts":
      uses("@switchboard/commons/work/drain.ts") + uses("node:os") + uses("pg") + uses("./x.ts"),
    "packages/runner/src/x.ts": leaf,
    "supabase/functions/health/index.ts": uses("./app.ts") + uses("@switchboard/commons/db/queue.ts") + uses("pg"),
    "packages/simulator/src/main.ts": uses("@switchboard/commons/env.ts"),
    "supabase/functions/health/app_test.ts": uses("../wa-webhook/app.ts"),
    "scripts/tool.ts": `${uses("@switchboard/commons/env.ts")}process.env.X;`,
  };
  expect(problems(down)).toEqual([]);
});

test.each([
  ["packages/commons/src/errors.ts", "./db/queue.ts", 'commons/leaf imports "./db/queue.ts" of commons/db'],
  ["packages/commons/src/text/split.ts", "../work/drain.ts", 'commons/leaf imports "../work/drain.ts" of commons/work'],
  [
    "packages/commons/src/db/queue.ts",
    "../providers/index.ts",
    'commons/db imports "../providers/index.ts" of commons/providers',
  ],
  [
    "packages/commons/src/services/call.ts",
    "../db/queue.ts",
    'commons/services imports "../db/queue.ts" of commons/db',
  ],
  [
    "packages/commons/src/services/call.ts",
    "../handlers/turn.ts",
    'commons/services imports "../handlers/turn.ts" of commons/handlers',
  ],
  [
    "packages/commons/src/handlers/turn.ts",
    "../work/drain.ts",
    'commons/handlers imports "../work/drain.ts" of commons/work',
  ],
])("within commons no arrow goes up or across: %s -> %s", (file, specifier, what) => {
  expect(problems({ [file]: leaf + uses(specifier) })).toEqual([`${file}:2 ${what}`]);
});

test("commons knows no package above it", () => {
  expect(problems({ "packages/commons/src/work/drain.ts": uses("@switchboard/agents/app.ts") })).toEqual([
    'packages/commons/src/work/drain.ts:1 commons/work imports "@switchboard/agents/app.ts" of agents',
  ]);
});

test("a new folder of commons needs a floor", () => {
  expect(problems({ "packages/commons/src/misc/x.ts": leaf })).toEqual([
    "packages/commons/src/misc/x.ts:1 lies in a folder of commons that has no floor",
  ]);
});

test("a door never imports another door, nor a package", () => {
  const files = {
    "supabase/functions/health/index.ts": uses("../wa-webhook/app.ts") + uses("@switchboard/agents/app.ts"),
    "supabase/functions/wa-webhook/app.ts": leaf,
  };
  expect(problems(files)).toEqual([
    'supabase/functions/health/index.ts:1 reaches with "../wa-webhook/app.ts" into functions/wa-webhook',
    'supabase/functions/health/index.ts:2 imports "@switchboard/agents/app.ts" from another package',
  ]);
});

test("a package is imported only by one that says why", () => {
  const file = { "packages/runner/src/main.ts": uses("@switchboard/agents/app.ts") };
  expect(problems(file)).toEqual([
    'packages/runner/src/main.ts:1 imports "@switchboard/agents/app.ts" from another package',
  ]);
  const because = { switchboard: { importedBecause: { "@switchboard/agents": "because" } } };
  expect(
    problems({ ...file, "packages/runner/package.json": { ...declares("@switchboard/agents"), ...because } }),
  ).toEqual([]);
});

test("nobody reaches into another package by a relative path", () => {
  expect(problems({ "packages/runner/src/main.ts": uses("../../commons/src/env.ts") })).toEqual([
    'packages/runner/src/main.ts:1 reaches with "../../commons/src/env.ts" into commons',
  ]);
});

test("the simulator shares env, log and json with the product and nothing else", () => {
  expect(problems({ "packages/simulator/src/main.ts": uses("@switchboard/commons/errors.ts") })).toEqual([
    'packages/simulator/src/main.ts:1 imports "@switchboard/commons/errors.ts"',
  ]);
});

test("what is not declared is found, in package.json and in the functions' import map", () => {
  const files = {
    "packages/runner/src/main.ts": uses("hono"),
    "packages/commons/src/db/queue.ts": uses("zod"),
    "packages/commons/package.json": declares("zod"),
    "supabase/functions/health/app.ts": uses("hono"),
  };
  expect(problems(files)).toEqual([
    'packages/commons/src/db/queue.ts:1 imports "zod"',
    'packages/runner/src/main.ts:1 imports "hono"',
    'supabase/functions/health/app.ts:1 imports "hono"',
  ]);
});

test("specifiers with a registry in them, builtins without node: and files that are not there are found", () => {
  const text = `${uses("npm:pg@8")}${uses("jsr:@std/path")}${uses("fs")}${uses("./gone.ts")}${uses("@switchboard/commons")}`;
  expect(problems({ "packages/runner/src/main.ts": text })).toEqual([
    'packages/runner/src/main.ts:1 imports "npm:pg@8"',
    'packages/runner/src/main.ts:2 imports "jsr:@std/path"',
    'packages/runner/src/main.ts:3 imports "fs"',
    'packages/runner/src/main.ts:4 imports "./gone.ts", but there is no packages/runner/src/gone.ts',
    'packages/runner/src/main.ts:5 imports "@switchboard/commons"',
  ]);
});

test("a circle within commons is reported once, with its way", () => {
  const files = {
    "packages/commons/src/errors.ts": leaf + uses("./text/split.ts"),
    "packages/commons/src/text/split.ts": uses("../env.ts"),
    "packages/commons/src/env.ts": `export type { X } from "./errors.ts";`,
  };
  expect(problems(files)).toEqual([
    "packages/commons/src/env.ts:1 imports itself in a circle: env.ts -> errors.ts -> text/split.ts -> env.ts",
  ]);
});

test("the environment is read in env.ts and config.ts only", () => {
  const files = {
    "packages/commons/src/env.ts": "export const all = process.env;\n",
    "packages/runner/src/config.ts": "export const all = process.env;\n",
    "packages/runner/src/main.ts": "\nconst a = process.env.A;\n",
    "supabase/functions/health/app.ts": 'const a = Deno.env.get("A");\nimport process from "node:process";\n',
  };
  expect(problems(files)).toEqual([
    "packages/runner/src/main.ts:2 reads the environment",
    "supabase/functions/health/app.ts:1 reads the environment",
    "supabase/functions/health/app.ts:2 reads the environment",
  ]);
});

test("imports of every form are seen, and what only looks like one is not", () => {
  const source = `
    // import a from "comment";
    import type { A } from "a";
    import b, { type B } from "b"; import * as c from 'c';
    import "d";
    export * from "e"; export { f as from } from "f"; export type { G } from "g";
    const h = await import("h"); type I = import("i").I; const k = await import(\`k\`);
    const text = "import x from 'text'", template = \`import y from "template" \${await import("j")} export * from "z"\`;
    const regex = /import z from "regex"\\/[/"]/; const half = 1 / 2; const more = 3 / 4;
    export const l = { import: 1, from: "m" }; object.import("n"); import.meta.resolve("o");
    export { p }; const q = "from"; await import(name); export default function () {}
  `;
  const found = findingsOf(source).imports;
  expect(found.map(({ specifier }) => specifier)).toEqual(["a", "b", "c", "d", "e", "f", "g", "h", "i", "k", "j"]);
  expect(found.filter(({ typeOnly }) => typeOnly).map(({ specifier }) => specifier)).toEqual(["a", "g"]);
  expect(found.map(({ line }) => line)).toEqual([3, 4, 4, 5, 6, 6, 6, 7, 7, 7, 8]);
});
