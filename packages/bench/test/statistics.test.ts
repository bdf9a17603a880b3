import { expect, test } from "vitest";
import { median, percentile, summarise } from "../src/statistics.ts";

const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

test("a percentile is a value that was measured", () => {
  expect(percentile(hundred, 50)).toBe(50);
  expect(percentile(hundred, 99)).toBe(99);
  expect(percentile([7], 99)).toBe(7);
  expect(percentile([], 50)).toBeNaN();
});

test("the median of an even number of values lies between the middle two", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("latencies are summed up in any order", () => {
  expect(summarise(hundred.toReversed())).toEqual({ count: 100, p50: 50, p99: 99, max: 100 });
});
