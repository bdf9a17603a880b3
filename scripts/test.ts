// `npm test`: the static checks, then a database of its own for everything that needs one, then the tests themselves, the
// end-to-end tests last. `npm test -- --only unit,pgtap` runs some of it; the names are those in the list of steps.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { runPgTap } from "@switchboard/local/pgtap.ts";
import { type Stack, startStack } from "@switchboard/local/stack.ts";
import { DENO_ENV, runChecks } from "./check.ts";
import { bin, deno, root, runProgram, type StepResult, Steps } from "./run.ts";

const ALL = ["check", "database", "pgtap", "unit", "functions", "platform", "end-to-end"] as const;
type Part = (typeof ALL)[number];

const { values: flags } = parseArgs({ options: { only: { type: "string" } } });
const wanted = new Set(flags.only?.split(",") ?? ALL);
for (const part of wanted)
  if (!ALL.some((name) => name === part)) fail(`There is no part "${part}"; there are: ${ALL.join(", ")}.`);
const wants = (...parts: Part[]) => parts.some((part) => wanted.has(part));

const started = performance.now();
const steps = new Steps();
const scratch = mkdtempSync(path.join(tmpdir(), "switchboard-test-"));
try {
  if (wants("check")) await runChecks(steps);
  if (wants("database", "pgtap", "unit", "functions")) await withDatabase(testWithDatabase);
  for (const project of ["platform", "end-to-end"] as const) if (wants(project)) await vitest(project);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
for (const failure of steps.failures) console.log(`\n✗ ${failure}`);
console.log(`\n${steps.ok ? "Everything passed" : "FAILED"} after ${minutes} minutes.`);
console.log(`${steps.total("passed")} passed, ${steps.total("failed")} failed, ${steps.total("skipped")} skipped`);
process.exit(steps.ok ? 0 : 1);

/** The parts that share one database: the schema as `supabase db push` makes it, on a server without programs. */
async function testWithDatabase(stack: Stack): Promise<void> {
  const { database, databaseAdmin } = stack.urls;
  if (wants("database")) {
    const script = (name: string, ...args: string[]) => ({
      command: process.execPath,
      args: [`scripts/${name}.ts`, ...args],
    });
    await steps.run("schemas = migrations", script("prove-migrations", databaseAdmin));
    await steps.run("generated types", script("generate-types", database, "--check"));
    const args = ["db", "advisors", `--remote=${database}`, "--level", "info", "--fail-on", "warn"];
    await steps.run("supabase db advisors", {
      command: bin("supabase"),
      args,
      env: { DO_NOT_TRACK: "1", PGSSLMODE: "disable" },
    });
  }
  if (wants("pgtap")) await steps.run("pgTAP", () => pgTap(database, databaseAdmin));
  if (wants("unit")) await vitest("unit", { TEST_DATABASE_URL: database });
  if (wants("functions")) await steps.run("functions (deno test)", () => denoTest(database));
}

async function withDatabase(work: (stack: Stack) => Promise<void>): Promise<void> {
  let stack: Stack | undefined;
  const result = await steps.run("database for the tests", async () => {
    stack = await startStack({
      dataDir: path.join(scratch, "database"),
      denoDir: path.join(root, ".switchboard/deno"), // ports below 32768: those above may be taken by an outgoing connection
      ports: { gateway: 24421, postgres: 24422 },
      programs: false,
      fsync: false,
      warm: false,
      quiet: true,
    });
    return { ok: true, output: "" };
  });
  try {
    if (result.ok && stack) await work(stack);
  } finally {
    await stack?.stop();
  }
}

async function pgTap(url: string, adminUrl: string): Promise<StepResult> {
  const lines: string[] = [];
  const folder = path.join(root, "supabase/tests");
  const result = await runPgTap({ url, adminUrl, folder, print: (line) => lines.push(line) });
  const complaints = lines.filter((line) => !line.startsWith("ok"));
  const failures = complaints.filter((line) => line.startsWith("FAIL"));
  return {
    ok: result.failed === 0,
    output: complaints.join("\n"),
    passed: result.passed,
    failed: result.failed,
    failures,
  };
}

/** Runs one project of vitest.config.ts, showing what it says, and counts its tests. */
async function vitest(project: string, env: Record<string, string> = {}): Promise<void> {
  await steps.run(`vitest: ${project}`, async () => {
    const report = path.join(scratch, `${project}.json`);
    const args = [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--project",
      project,
      "--reporter=default",
      "--reporter=json",
    ];
    const result = await runProgram({
      command: process.execPath,
      args: [...args, `--outputFile.json=${report}`],
      env: { ...env, CI: "1" },
      live: true,
    });
    const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    const failures = failuresOf(testResults);
    return { ...result, passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests, failures };
  });
}

/** What vitest's report says of a file. */
interface FileReport {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages: readonly string[];
  }[];
}

/** A line or two for each test that failed, and for each file that could not be run. */
function failuresOf(files: readonly FileReport[]): string[] {
  return files.flatMap(({ name, status, message, assertionResults }) => {
    const file = path.relative(root, name);
    const failed = assertionResults.filter((test) => test.status === "failed");
    if (failed.length === 0) return status === "failed" ? [`${file}: ${firstLines(message)}`] : [];
    return failed.map((test) => `${file} > ${test.fullName}: ${firstLines(test.failureMessages.join(" "))}`);
  });
}

function firstLines(text: string): string {
  return text.split("\n").slice(0, 4).join(" | ").slice(0, 600);
}

async function denoTest(url: string): Promise<StepResult> {
  const result = await runProgram({
    command: deno,
    args: [
      "test",
      "--quiet",
      "--no-lock",
      "--config",
      "supabase/functions/deno.json",
      "--allow-net",
      "--allow-env",
      "--allow-read",
      "--allow-sys",
      "supabase/functions/",
    ],
    env: { ...DENO_ENV, TEST_DATABASE_URL: url },
  });
  const [, passed = "0", failed = "0"] = /(\d+) passed[^|]*\| (\d+) failed/.exec(result.output) ?? [];
  return { ...result, passed: Number(passed), failed: Number(failed) };
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
