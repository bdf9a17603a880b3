// The pgTAP runner: what it counts, and what it says about tests that fail, break off or do not keep their plan.

import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runPgTap } from "../src/pgtap.ts";
import { type Stack, startStack } from "../src/stack.ts";
import { createProject, denoDir, notesMigration, portsFrom } from "./project.ts";

const project = createProject({
  "supabase/migrations/20260101000000_notes.sql": notesMigration,
  "supabase/tests/good/holds.test.sql": `
begin;
select plan(3);
select is(current_user::text, 'postgres', 'tests run as postgres');
set local role authenticated;
select set_config('request.jwt.claims', '{"sub":"00000000-0000-0000-0000-000000000001"}', true);
select is(auth.uid()::text, '00000000-0000-0000-0000-000000000001', 'claims are read');
select throws_ok('select * from public.hidden', '42501');
select * from finish();
rollback;`,
  "supabase/tests/bad/fails.test.sql":
    "begin; select plan(2); select ok(true, 'fine'); select is(1, 2, 'one is two'); select * from finish(); rollback;",
  "supabase/tests/bad/breaks.test.sql":
    "begin; select plan(2); select ok(true, 'fine'); select * from nowhere; select * from finish(); rollback;",
  "supabase/tests/bad/plan.test.sql":
    "begin; select plan(2); select ok(true, 'fine'); select * from finish(); rollback;",
  "supabase/tests/helper.sql": "select 1/0;",
});
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ root: project.root, denoDir, ports: portsFrom(28300), fsync: false, programs: false });
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  project.remove();
});

async function run(filter: string) {
  const report: string[] = [];
  const result = await runPgTap({
    url: stack.urls.database,
    adminUrl: stack.urls.databaseAdmin,
    folder: path.join(project.root, "supabase/tests"),
    filter,
    print: (line) => report.push(line),
  });
  return { result, report: report.join("\n") };
}

test("counts assertions of files that pass, roles and claims included", async () => {
  const { result, report } = await run("good");
  expect(report).toBe("ok   good/holds.test.sql (3)");
  expect(result).toEqual({ files: 1, failedFiles: 0, passed: 3, failed: 0 });
});

test("shows what failed, what broke off and whose plan was not kept", async () => {
  const { result, report } = await run("");
  expect(result).toEqual({ files: 4, failedFiles: 3, passed: 6, failed: 3 });
  expect(report).toMatch(/FAIL bad\/fails.test.sql \(1\)\n +not ok 2 - one is two\n +# Failed test 2: "one is two"/);
  expect(report).toContain('relation "nowhere" does not exist (42P01)');
  expect(report).toContain("planned 2 assertions, ran 1");
});
