// The queue benchmark runs: with very little work and only ours. It says nothing about its figures.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const LIMIT_MS = 110_000; // a quiet machine needs a sixth of it
const MAIN = path.resolve(import.meta.dirname, "../../bench/src/queue/main.ts");
const dir = mkdtempSync(path.join(os.tmpdir(), "switchboard-bench-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test(
  "the queue benchmark measures, and ends by itself",
  async () => {
    const flags = ["--scale=0.002", "--rounds=1", "--contenders=single, 500 x 2", "--port=28900", `--dir=${dir}`];
    const parts = "--only=ordered,scheduled,pinned,latency,commit"; // one of each kind of measurement
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...flags, parts], { timeout: LIMIT_MS });
    const row = "\\| switchboard, single, 500 x 2 \\|";
    for (const title of [
      "20,000 over 1,000",
      "beside 1,000,000",
      "pinned horizon",
      "idle poll",
      "to the handler",
      "2 ms",
    ])
      expect(stdout).toMatch(new RegExp(`## .*${title}.*\n\n.*\n.*\n${row}`));
    expect(stdout).not.toMatch(/done twice|out of order|overlaps|left over|broken off/);
  },
  LIMIT_MS + 10_000,
);
