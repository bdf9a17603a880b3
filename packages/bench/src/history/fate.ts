// What a message is meant to go through, as a function of its id and the seed: the worker's handler acts on it and the
// checker knows what must come of it.
import { randomFrom } from "@switchboard/local/random.ts";

/** How often a failing message is tried. */
export const MAX_TRIES = 4;
/** Most messages of a lane in one claim. */
export const PER_LANE = 10;

/** The plan of one message. */
export interface Fate {
  /** It fails on its first so many tries; Infinity: always. */
  readonly failures: number;
  /** How long the handler takes. */
  readonly milliseconds: number;
  /** What a failure asks for; undefined: the engine's own backoff. */
  readonly retryAfterSeconds: number | undefined;
}

/** The plan of a message. */
export function fateOf(seed: number, id: number, leaseSeconds: number): Fate {
  const random = randomFrom(seed ^ Math.imul(id, 0x9e3779b1));
  const kind = random.next();
  const failures = kind < 0.01 ? Number.POSITIVE_INFINITY : kind < 0.04 ? random.between(1, MAX_TRIES - 1) : 0;
  const isSlow = random.next() < 0.01;
  const milliseconds = isSlow ? leaseSeconds * 1000 * (1 + 1.5 * random.next()) : random.between(0, 20);
  return { failures, milliseconds, retryAfterSeconds: random.next() < 0.7 ? 0.2 : undefined };
}

/** The reason of an injected failure. */
export function reasonOf(id: number): string {
  return `injected failure of message ${id}`;
}
