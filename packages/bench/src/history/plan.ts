// The chaos of a run, planned from its seed before it starts: the same seed does the same to the same workers at the same
// times. What it meets there depends on the machine.
import { randomFrom } from "@switchboard/local/random.ts";

/** Something that happens to the run. */
export type Strike =
  | { readonly atMs: number; readonly what: "kill"; readonly worker: number; readonly downMs: number }
  | { readonly atMs: number; readonly what: "stop"; readonly worker: number; readonly forMs: number }
  | { readonly atMs: number; readonly what: "quit"; readonly worker: number }
  | { readonly atMs: number; readonly what: "terminate"; readonly connections: number; readonly salt: number }
  | { readonly atMs: number; readonly what: "clock"; readonly seconds: number }
  | { readonly atMs: number; readonly what: "crash"; readonly downMs: number };

/** What the plan depends on. */
export interface PlanOptions {
  readonly seed: number;
  /** How long the load lasts. */
  readonly seconds: number;
  readonly workers: number;
  readonly leaseSeconds: number;
}

/** A slow machine takes longer than planned for the load; the chaos is planned for so many times as long. */
const LONGER = 4;

/**
 * Plans the chaos, in the order in which it happens. The crash of Postgres comes once, in the middle of the time planned
 * for the load.
 */
export function planChaos({ seed, seconds, workers, leaseSeconds }: PlanOptions): Strike[] {
  const random = randomFrom(seed);
  const end = seconds * 1000;
  const strikes: Strike[] = [
    { atMs: Math.round(end * (0.45 + random.next() / 10)), what: "crash", downMs: random.between(200, 1500) },
  ];
  // However short the run: workers that wake up with leases that are somebody else's by then.
  for (const share of [0.15, 0.3, 0.7, 0.85])
    strikes.push({
      atMs: Math.round(end * share),
      what: "stop",
      worker: random.between(1, workers),
      forMs: leaseSeconds * 2200,
    });
  for (let atMs = 1000; atMs < LONGER * end; atMs += random.between(300, 1800)) {
    const worker = random.between(1, workers);
    const kind = random.next();
    if (kind < 0.28) strikes.push({ atMs, what: "kill", worker, downMs: random.between(50, 1000) });
    else if (kind < 0.54) strikes.push({ atMs, what: "stop", worker, forMs: random.between(200, leaseSeconds * 2500) });
    else if (kind < 0.64) strikes.push({ atMs, what: "quit", worker });
    else if (kind < 0.86)
      strikes.push({ atMs, what: "terminate", connections: random.between(1, 8), salt: random.between(0, 2 ** 30) });
    // Forward past every lease that is held, or back: leases then last longer.
    else strikes.push({ atMs, what: "clock", seconds: random.next() < 0.5 ? 0 : random.between(-2, 3 * leaseSeconds) });
  }
  return strikes.sort((a, b) => a.atMs - b.atMs);
}
