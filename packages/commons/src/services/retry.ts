// How long a call waits before its next try.
import type { RetryBackoff } from "./service.ts";

/**
 * Exponential backoff with equal jitter: half of the wait is fixed, half is random, so that callers that failed
 * together do not come back together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * @param backoff - base and ceiling in milliseconds
 * @param failures - tries that failed so far, from 1
 * @param random - gives 0 <= x < 1
 * @returns milliseconds
 */
export function backoffMs(backoff: RetryBackoff, failures: number, random: () => number): number {
  const ceiling = Math.min(backoff.maxMs, backoff.baseMs * (backoff.factor ?? 2) ** (failures - 1));
  return ceiling / 2 + (ceiling / 2) * random();
}
