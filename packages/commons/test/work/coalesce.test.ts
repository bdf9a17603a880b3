import { expect, test } from "vitest";
import { coalesce } from "../../src/work/coalesce.ts";

/** A run that ends when the test says so. */
function controlled() {
  const ends: ((error?: Error) => void)[] = [];
  const run = () =>
    new Promise<number>((resolve, reject) => {
      const number = ends.length + 1;
      ends.push((error) => (error ? reject(error) : resolve(number)));
    });
  return { ends, run };
}

test("calls during a run share one more run behind it", async () => {
  const { ends, run } = controlled();
  const once = coalesce(run);
  const first = once();
  const [second, third] = [once(), once()];
  expect(ends).toHaveLength(1);
  ends[0]?.();
  expect(await first).toBe(1);
  await Promise.resolve();
  expect(ends).toHaveLength(2);
  const fourth = once();
  ends[1]?.();
  expect(await Promise.all([second, third])).toEqual([2, 2]);
  await Promise.resolve();
  ends[2]?.();
  expect(await fourth).toBe(3);
});

test("a run that fails fails its callers only", async () => {
  const { ends, run } = controlled();
  const once = coalesce(run);
  const first = once();
  const second = once();
  ends[0]?.(new Error("broken"));
  await expect(first).rejects.toThrow("broken");
  await Promise.resolve();
  ends[1]?.();
  expect(await second).toBe(2);
  const third = once();
  ends[2]?.();
  expect(await third).toBe(3);
});
