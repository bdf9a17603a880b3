// How a worker's room shrinks and grows.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Room } from "../../src/work/room.ts";

/** A room and a clock that only the test moves. */
function roomOf(most: number) {
  let now = 0;
  const room = new Room(most, () => now);
  return { room, later: (ms: number) => (now += ms) };
}

test("is all of it from the beginning", () => {
  expect(roomOf(32).room.limit).toBe(32);
});

test("is halved once for many complaints in a row, and again when they go on", () => {
  const { room, later } = roomOf(32);
  for (let n = 0; n < 50; n += 1) room.overloaded();
  expect(room.limit).toBe(16);
  later(1_000);
  room.overloaded();
  expect(room.limit).toBe(8);
});

test("grows by one lane for each round that went well, up to what it was", () => {
  const { room } = roomOf(32);
  room.overloaded();
  for (let n = 0; n < 17; n += 1) room.wentWell();
  expect(room.limit).toBe(17);
  for (let n = 0; n < 2_000; n += 1) room.wentWell();
  expect(room.limit).toBe(32);
});

test("is between one lane and what is allowed, whatever happens", () => {
  const events = fc.array(fc.oneof(fc.constant("well" as const), fc.constant("overloaded" as const), fc.nat(5_000)));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), events, (most, happened) => {
      const { room, later } = roomOf(most);
      for (const event of happened) {
        if (event === "well") room.wentWell();
        else if (event === "overloaded") room.overloaded();
        else later(event);
        expect(room.limit).toBeGreaterThanOrEqual(1);
        expect(room.limit).toBeLessThanOrEqual(most);
      }
    }),
  );
});
