import { expect, test } from "vitest";
import { chunksOf, type Load, laneId, Witness, type Work, workOf } from "../src/queue/load.ts";

const LOAD: Load = { jobs: 6, lanes: 3, ordered: true };
const all = (load: Load): Work[] => [...chunksOf(load)].flat();

function watch(load: Load, works: readonly Work[]) {
  const witness = new Witness(load);
  for (const work of works) {
    witness.begin(work);
    witness.end(work);
  }
  return witness;
}

test("lanes take turns, and each counts its own pieces", () => {
  expect(all(LOAD).map(({ id, lane, n }) => [id, lane, n])).toEqual([
    [0, 0, 0],
    [1, 1, 0],
    [2, 2, 0],
    [3, 0, 1],
    [4, 1, 1],
    [5, 2, 1],
  ]);
});

test("where the order counts, no call holds a lane twice", () => {
  for (const chunk of chunksOf({ jobs: 25, lanes: 10, ordered: true }))
    expect(new Set(chunk.map(({ lane }) => lane)).size).toBe(chunk.length);
  expect([...chunksOf({ jobs: 2500, lanes: 10, ordered: false })].map((chunk) => chunk.length)).toEqual([
    1000, 1000, 500,
  ]);
});

test("a lane's id is a uuid, the same every time", () => {
  expect(laneId(7)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  expect(laneId(7)).toBe(laneId(7));
  expect(laneId(7)).not.toBe(laneId(8));
});

test("a drain in order, each piece once, has nothing against it", () => {
  const witness = watch(LOAD, all(LOAD));
  expect(witness.isComplete).toBe(true);
  expect(witness.seen).toEqual({ handled: 6, behind: 0, twice: 0, disorder: 0, overlaps: 0 });
});

test("a piece that is missing leaves the drain incomplete, and one done twice does not fill its place", () => {
  const works = all(LOAD).slice(0, 5);
  const witness = watch(LOAD, [...works, ...works.slice(4)]);
  expect(witness.isComplete).toBe(false);
  expect(witness.seen.twice).toBe(1);
});

test("pieces of a lane that change places are counted", () => {
  const [first, second, third, ...others] = all(LOAD);
  if (first === undefined || second === undefined || third === undefined) throw new Error("six pieces were made");
  const [fourth, ...rest] = others;
  if (fourth === undefined) throw new Error("six pieces were made");
  expect(watch(LOAD, [fourth, second, third, first, ...rest]).seen.disorder).toBe(2);
  expect(watch({ ...LOAD, ordered: false }, [fourth, second, third, first, ...rest]).seen.disorder).toBe(0);
});

test("two pieces of a lane in hand at once are an overlap", () => {
  const witness = new Witness(LOAD);
  witness.begin(workOf(0, 3));
  witness.begin(workOf(1, 3));
  witness.begin(workOf(3, 3));
  expect(witness.seen.overlaps).toBe(1);
});

test("work that only lies around neither completes the drain nor breaks an order", () => {
  const witness = watch(LOAD, [{ ...workOf(5, 3), behind: true }, ...all(LOAD)]);
  expect(witness.seen).toEqual({ handled: 6, behind: 1, twice: 0, disorder: 0, overlaps: 0 });
});
