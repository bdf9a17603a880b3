import { expect, test } from "vitest";
import { correlationIdOf } from "../../src/work/correlation.ts";

const headers = (id: string) => new Headers({ "x-correlation-id": id });

test("keeps a well formed id", () => {
  expect(correlationIdOf(headers("req-2026.11:20_a"))).toBe("req-2026.11:20_a");
});

test.each(["short", "x".repeat(81), 'with "quotes"', "with space", "ümlaut-id"])(
  "makes a new id instead of %j",
  (id) => {
    const given = new Headers();
    // Headers refuse what no header can carry.
    if (/^[\x20-\x7e]*$/.test(id)) given.set("x-correlation-id", id);
    expect(correlationIdOf(given)).toMatch(/^[0-9a-f-]{36}$/);
  },
);

test("gives the same id for the same request, and another for another", () => {
  const request = new Headers();
  expect(correlationIdOf(request)).toBe(correlationIdOf(request));
  expect(correlationIdOf(request)).not.toBe(correlationIdOf(new Headers()));
});
