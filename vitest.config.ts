// Three kinds of tests: unit (and what needs no more than a database), platform (packages/local itself, which starts
// small stacks), and end to end (the whole of Switchboard). The last two start processes and go one file at a time. On a
// machine that somebody else slows down a test gets a second try; its line then says `(retry x1)`.
import { defineConfig } from "vitest/config";

const END_TO_END = "packages/local/test/e2e/**/*.test.ts";
const PLATFORM = "packages/local/test/**/*.test.ts";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          retry: 1,
          maxWorkers: 3,
          include: ["packages/*/test/**/*.test.ts", "scripts/test/**/*.test.ts"],
          exclude: [PLATFORM, "**/node_modules/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "platform",
          retry: 1,
          include: [PLATFORM],
          exclude: [END_TO_END, "**/node_modules/**"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "end-to-end",
          retry: 1,
          include: [END_TO_END],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
