import { expect, test, vi } from "vitest";
import { DatabaseUnavailableError } from "../../src/errors.ts";
import { createLogger, describeError, type LogLevel } from "../../src/log.ts";

function linesOf(level: LogLevel = "info") {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: createLogger("test", level, (line) => lines.push(JSON.parse(line))) };
}

test("writes one JSON line an entry, with time, level, component and fields", () => {
  const { lines, log } = linesOf();
  log.info("it happened", { count: 2, left: undefined });
  expect(lines).toEqual([
    { time: expect.stringMatching(/^\d{4}-.*Z$/), level: "info", component: "test", message: "it happened", count: 2 },
  ]);
});

test.each([
  ["debug", 4],
  ["info", 3],
  ["warn", 2],
  ["error", 1],
  ["silent", 0],
] as const)("at %s writes %i of four severities", (level, written) => {
  const { lines, log } = linesOf(level);
  log.debug("d");
  log.info("i");
  log.warn("w");
  log.error("e");
  expect(lines).toHaveLength(written);
});

test("a child adds its fields to every line, and its children theirs", () => {
  const { lines, log } = linesOf();
  log.child({ queue: "inbound" }).child({ turnId: "t" }).info("answered", { replies: 1 });
  expect(lines[0]).toMatchObject({ component: "test", queue: "inbound", turnId: "t", replies: 1 });
});

test("an error is its name, code, message and cause, never its stack", () => {
  const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  const { lines, log } = linesOf();
  log.warn("away", { error: new DatabaseUnavailableError("away", { code: "NETWORK", cause }) });
  expect(lines[0]?.error).toEqual({
    name: "DatabaseUnavailableError",
    code: "NETWORK",
    message: "away",
    cause: "ECONNREFUSED",
  });
});

test.each([
  ["to +4915550100123 failed", "to [number] failed"],
  ["jid 4915550100123@s.whatsapp.net", "jid [number]@s.whatsapp.net"],
  ['value "15550100"', 'value "[number]"'],
  ["lane 12345678-1234-4234-8234-123456789012 of 1234567", "lane 12345678-1234-4234-8234-123456789012 of [number]"],
  ["connect ECONNREFUSED 127.0.0.1:54322 after 60000 ms", "connect ECONNREFUSED 127.0.0.1:54322 after 60000 ms"],
])("masks numbers as long as a phone number: %s", (message, masked) => {
  expect(describeError(new Error(message))).toMatchObject({ message: masked });
});

test("writes to the console unless told otherwise", () => {
  const write = vi.spyOn(console, "log").mockImplementation(() => undefined);
  createLogger("test").info("seen");
  expect(write).toHaveBeenCalledOnce();
  write.mockRestore();
});
