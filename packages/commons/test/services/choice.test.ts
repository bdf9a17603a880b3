// Which endpoint is chosen.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseEndpoint, isUsable } from "../../src/services/choice.ts";
import { backoffMs } from "../../src/services/retry.ts";

const candidate = fc.record({
  health: fc.constantFrom("unknown" as const, "healthy" as const, "unhealthy" as const),
  inFlight: fc.nat(5),
  admits: fc.boolean(),
  tries: fc.nat(2),
});
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("chooseEndpoint", () => {
  test("chooses a usable endpoint that none beats, and one whenever there is one", () => {
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 8 }), random, (candidates, chance) => {
        const tries = new Map(candidates.map((each) => [each, each.tries]));
        const chosen = chooseEndpoint(candidates, { tries, random: () => chance });
        const usable = candidates.filter(isUsable);
        expect(chosen === undefined).toBe(usable.length === 0);
        if (chosen === undefined) return;
        expect(usable).toContain(chosen);
        const rank = (each: (typeof candidates)[number]) =>
          each.tries * 100 + (each.health === "healthy" ? 0 : 10) + each.inFlight;
        expect(rank(chosen)).toBe(Math.min(...usable.map(rank)));
      }),
    );
  });

  test("spreads ties evenly", () => {
    const candidates = ["a", "b", "c", "d"].map((name) => ({
      name,
      health: "healthy" as const,
      inFlight: 0,
      admits: true,
    }));
    const counts = new Map<string, number>();
    let seed = 1;
    const chance = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let at = 0; at < 4_000; at++) {
      const name = chooseEndpoint(candidates, { tries: new Map(), random: chance })?.name ?? "none";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const { name } of candidates) expect(counts.get(name)).toBeGreaterThan(850);
  });
});

test("the backoff lies between half its ceiling and its ceiling, and the ceiling doubles up to the most", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), random, (failures, chance) => {
      const wait = backoffMs({ baseMs: 100, maxMs: 2_000 }, failures, () => chance);
      const ceiling = Math.min(2_000, 100 * 2 ** (failures - 1));
      expect(wait).toBeGreaterThanOrEqual(ceiling / 2);
      expect(wait).toBeLessThanOrEqual(ceiling);
    }),
  );
});
