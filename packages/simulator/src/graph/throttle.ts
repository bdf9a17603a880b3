// Meta's limits on sends: messages a second for a number, messages to one customer, and the 24 h window.
// Source: "Messaging limits" and "Throughput" of the WhatsApp Cloud API documentation.
import type { Chaos } from "../chaos.ts";
import type { Clock } from "../clock.ts";
import { GraphError } from "./errors.ts";

const PAIRS_KEPT = 100_000;
type Bucket = { tokens: number; at: number };

/** Counts sends. */
export class Throttle {
  readonly #chaos: Chaos;
  readonly #clock: Clock;
  readonly #numbers = new Map<string, Bucket>();
  readonly #pairs = new Map<string, Bucket>();

  constructor(chaos: Chaos, clock: Clock) {
    this.#chaos = chaos;
    this.#clock = clock;
  }

  /**
   * Takes one send into account.
   * @throws GraphError 130429 (too many from this number) or 131056 (too many to this customer)
   */
  take(phoneNumberId: string, address: string): void {
    const { perSecond, pairBurst, pairSeconds } = this.#chaos.settings.throttle;
    const now = this.#clock.now();
    if (perSecond !== null && !take(this.#numbers, phoneNumberId, { size: perSecond, perMs: perSecond / 1000, now }))
      throw new GraphError(130429);
    if (this.#pairs.size > PAIRS_KEPT) this.#pairs.clear();
    const pair = `${phoneNumberId} ${address}`;
    if (pairBurst !== null && !take(this.#pairs, pair, { size: pairBurst, perMs: 1 / (pairSeconds * 1000), now }))
      throw new GraphError(131056);
  }

  /**
   * Whether free text may be sent now.
   * @param lastWroteAt - when the customer last wrote to this number, in ms
   */
  windowOpen(lastWroteAt: number | undefined): boolean {
    const { windowHours } = this.#chaos.settings.throttle;
    if (windowHours === null) return true;
    return lastWroteAt !== undefined && this.#clock.now() - lastWroteAt <= windowHours * 3_600_000;
  }

  /** Forgets what was counted. */
  reset(): void {
    this.#numbers.clear();
    this.#pairs.clear();
  }
}

function take(
  buckets: Map<string, Bucket>,
  key: string,
  rate: { readonly size: number; readonly perMs: number; readonly now: number },
): boolean {
  const { now } = rate;
  const bucket = buckets.get(key) ?? { tokens: rate.size, at: now };
  bucket.tokens = Math.min(rate.size, bucket.tokens + Math.max(0, now - bucket.at) * rate.perMs);
  bucket.at = now;
  buckets.set(key, bucket);
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
