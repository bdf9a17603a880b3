// test-webhook-workflow.sh against a running platform: all of it passes, and it does not pass when something is wrong.
import { spawn } from "node:child_process";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type E2e, startE2e } from "./e2e.ts";

let e2e: E2e;

beforeAll(async () => {
  e2e = await startE2e({ name: "webhook-script", base: 29610 });
});
afterAll(() => e2e?.close());

test("each part sees what it expects", async () => {
  const { code, output } = await run({ ANSWER_SECONDS: "90" });
  expect(output).toMatch(/\n(\d+) passed, 0 failed, 0 left out\n$/);
  expect(code).toBe(0);
  for (const part of [
    "1. Deduplication",
    "2. AI agent timeout",
    "3. Normal workflow",
    "4. Retry",
    "5. Rate limiting",
    "6. Multi-step workflow",
  ])
    expect(output).toContain(`\n${part}\n`);
  const count = (word: string) => output.split(`    ${word}`).length;
  expect(count("expected: ")).toBe(count("seen:     "));
});

test("a miss is told and fails it; what cannot be tried is left out", async () => {
  const { webhook } = e2e.stack.urls;
  const { code, output } = await run({
    WEBHOOK_URL: webhook,
    APP_SECRET: "wrong",
    VERIFY_TOKEN: e2e.stack.keys.verifyToken,
  });
  expect(output).toContain("✗ a message is stored\n    expected: 200");
  expect(output).toMatch(/\n\d+ passed, [1-9]\d* failed, 6 left out\n$/);
  expect(code).toBe(1);
});

/** Runs the script against this file's platform. */
function run(env: Readonly<Record<string, string>>): Promise<{ code: number | null; output: string }> {
  const { root, dataDir } = e2e.stack;
  const script = path.join(root, "test-webhook-workflow.sh");
  const child = spawn(script, {
    env: { PATH: process.env.PATH ?? "", STACK_FILE: path.join(dataDir, "stack.json"), ...env },
  });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}
