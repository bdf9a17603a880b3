// The index of the engine, its functions and views themselves and the tests' folders name the same ones. Needs no database.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const supabase = path.resolve(import.meta.dirname, "../../../../supabase");
const schemas = path.join(supabase, "schemas");

const functions = readdirSync(schemas, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".sql"))
  .flatMap((file) => [
    ...readFileSync(path.join(schemas, file), "utf8").matchAll(/^create (?:function|view) \w+\.(\w+)/gm),
  ])
  .map(([, name]) => name)
  .sort();

describe("the index of the engine", () => {
  test("supabase/schemas/README.md lists exactly the functions and views that exist", () => {
    const index = readFileSync(path.join(schemas, "README.md"), "utf8");
    const listed = [...index.matchAll(/^\| `([a-z][a-z_]*)` \|/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(functions);
  });

  test("every function and view has its folder in supabase/tests, with at least one file", () => {
    const tested = new Set(
      readdirSync(path.join(supabase, "tests"), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".test.sql"))
        .map((file) => path.dirname(file)),
    );
    expect(functions.filter((name) => name === undefined || !tested.has(name))).toEqual([]);
    const others = ["rls", "."];
    expect([...tested].filter((folder) => !others.includes(folder) && !functions.includes(folder))).toEqual([]);
  });
});
