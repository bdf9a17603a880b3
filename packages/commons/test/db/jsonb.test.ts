import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toJsonb } from "../../src/db/jsonb.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";

describe("toJsonb", () => {
  test.each([
    ["a\u0000b", '"a\ufffdb"'],
    ["\ud800", '"\ufffd"'],
    ["x\udfff\ud83d", '"x\ufffd\ufffd"'],
    ["\ud83d\ude00", '"\ud83d\ude00"'],
    ["\\u0000 written out", '"\\\\u0000 written out"'],
    ["\\", '"\\\\"'],
    ["\\\u0000", '"\\\\\ufffd"'],
    [{ "k\u0000": 1 }, '{"k\ufffd":1}'],
  ])("%j", (value, json) => {
    expect(toJsonb(value)).toBe(json);
  });
});

describeWithPostgres("a JSON value through Postgres", () => {
  const db = openTestDatabase();
  const roundTrip = async (value: unknown) =>
    (await db.query("select $1::jsonb as value", [toJsonb(value)])).rows[0]?.value;

  test("comes back as it was", async () => {
    const value = fc.jsonValue({ stringUnit: "grapheme" }).filter((json) => !JSON.stringify(json).includes("\\u0000"));
    await fc.assert(
      fc.asyncProperty(value, async (json) => {
        expect(await roundTrip(json)).toEqual(JSON.parse(JSON.stringify(json)));
      }),
      { numRuns: 200 },
    );
  });

  test("whatever its texts hold, it is taken", async () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes));
    await fc.assert(
      fc.asyncProperty(units, async (text) => {
        expect(await roundTrip({ text })).toEqual({ text: text.toWellFormed().replaceAll("\u0000", "\ufffd") });
      }),
      { numRuns: 200 },
    );
  });
});
