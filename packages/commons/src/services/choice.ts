// Which endpoint gets the next call.
import type { Health } from "./service.ts";

/** What the choice looks at. */
export interface Candidate {
  readonly health: Health;
  /** Calls under way there, of this process. */
  readonly inFlight: number;
  /** Whether the breaker lets a call through now. */
  readonly admits: boolean;
}

/**
 * Chooses the least loaded usable endpoint: fewest tries within this call first, then healthy before unknown, then
 * fewest calls in flight; ties are broken at random.
 * @param candidates - the endpoints of one service
 * @param options - `tries`: how often this call was at each one already; `random`: gives 0 <= x < 1
 * @returns undefined when every endpoint is unhealthy or its breaker lets nothing through
 */
export function chooseEndpoint<E extends Candidate>(
  candidates: Iterable<E>,
  options: { readonly tries: ReadonlyMap<E, number>; readonly random: () => number },
): E | undefined {
  let best: E | undefined;
  let ties = 0;
  for (const candidate of candidates) {
    if (!isUsable(candidate)) continue;
    const order = best === undefined ? -1 : compare(candidate, best, options.tries);
    ties = order < 0 ? 1 : order === 0 ? ties + 1 : ties;
    // The n-th of equals replaces the chosen one with probability 1/n: every one is as likely.
    if (order < 0 || (order === 0 && options.random() * ties < 1)) best = candidate;
  }
  return best;
}

/** Whether a call may go there now. */
export function isUsable(candidate: Candidate): boolean {
  return candidate.admits && candidate.health !== "unhealthy";
}

function compare<E extends Candidate>(one: E, other: E, tries: ReadonlyMap<E, number>): number {
  return (
    (tries.get(one) ?? 0) - (tries.get(other) ?? 0) ||
    Number(one.health !== "healthy") - Number(other.health !== "healthy") ||
    one.inFlight - other.inFlight
  );
}
