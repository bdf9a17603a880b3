// The rules about versions on small projects.
import { expect, test } from "vitest";
import { readVersions } from "../versions/project.ts";
import { problemsOf } from "../versions/rules.ts";
import { createTree } from "./tree.ts";

const lock = (...keys: string[]) =>
  `importers:\n\n  .:\n\npackages:\n\n${keys.map((key) => `  '${key}':\n    resolution: {}\n\n`).join("")}snapshots:\n`;
const problems = (files: Readonly<Record<string, unknown>>) =>
  problemsOf(readVersions(createTree(files))).map(({ file, line, what }) => `${file}:${line} ${what}`);

test("exact versions that all agree pass", () => {
  const files = {
    "package.json": {
      packageManager: "pnpm@12.21.0",
      devDependencies: { pg: "8.1.0", "@switchboard/commons": "workspace:*" },
    },
    "packages/commons/package.json": { dependencies: { pg: "8.1.0", "@types/pg": "8.0.0-beta.1" } },
    "supabase/functions/deno.json": {
      imports: { pg: "npm:pg@8.1.0", "pg/": "npm:/pg@8.1.0/", "@switchboard/commons/": "../x/" },
    },
    "supabase/functions/deno.lock": { specifiers: { "npm:pg@8.1.0": "8.1.0" } },
    "pnpm-lock.yaml": lock("pg@8.1.0", "@types/pg@8.0.0-beta.1"),
  };
  expect(problems(files)).toEqual([]);
});

test.each(["^8.1.0", "~8.1.0", "8", "8.x", "latest", ">=8.0.0", "*"])("the version %s is not exact", (version) => {
  expect(problems({ "package.json": { dependencies: { pg: version } } })).toEqual([
    `package.json:3 asks for pg "${version}"`,
  ]);
});

test("a package has one version in the whole workspace", () => {
  const files = {
    "package.json": { dependencies: { pg: "8.1.0" } },
    "packages/a/package.json": { dependencies: { pg: "8.1.0" } },
    "packages/b/package.json": { devDependencies: { pg: "8.2.0" } },
  };
  expect(problems(files)).toEqual(["packages/b/package.json:3 asks for pg 8.2.0, package.json for 8.1.0"]);
});

test("the lock file holds what is asked for", () => {
  const files = { "package.json": { dependencies: { pg: "8.1.0" } }, "pnpm-lock.yaml": lock("pg@8.0.0") };
  expect(problems(files)).toEqual(["package.json:3 asks for pg 8.1.0, which pnpm-lock.yaml does not hold"]);
});

test("a package of the workspace is asked for as workspace:*", () => {
  expect(problems({ "package.json": { dependencies: { "@switchboard/commons": "workspace:^" } } })).toEqual([
    'package.json:3 asks for @switchboard/commons "workspace:^"',
  ]);
});

test("the functions' import map names the workspace's versions, exactly, from npm", () => {
  const imports = {
    pg: "npm:pg@8.0.0",
    "hono/": "npm:/hono@4/",
    zod: "npm:zod@4.0.0",
    path: "jsr:@std/path@1.0.0",
    "@scope/x": "npm:@scope/x@1.0.0",
  };
  const files = {
    "package.json": { dependencies: { pg: "8.1.0", zod: "4.0.0" } },
    "supabase/functions/deno.json": { imports },
    "supabase/functions/deno.lock": { specifiers: {} },
    "pnpm-lock.yaml": lock("pg@8.1.0", "zod@4.0.0"),
  };
  expect(problems(files)).toEqual([
    'supabase/functions/deno.json:3 maps "pg" to version 8.0.0, package.json asks for 8.1.0',
    'supabase/functions/deno.json:4 maps "hono/" to npm:/hono@4/',
    'supabase/functions/deno.json:5 maps "zod" to zod@4.0.0, which deno.lock does not hold',
    'supabase/functions/deno.json:6 maps "path" to jsr:@std/path@1.0.0',
    'supabase/functions/deno.json:7 maps "@scope/x" to @scope/x@1.0.0, which nothing else in the workspace has',
  ]);
});
