// The simulator's dice: every decision of chaos is thrown here, so that a seed repeats a run.

/** A source of chance; with a seed it gives the same numbers in the same order again. */
export class Dice {
  #next: () => number = Math.random;

  /**
   * Starts over.
   * @param seed - a whole number; null throws real dice
   */
  seed(seed: number | null): void {
    this.#next = seed === null ? Math.random : mulberry(seed);
  }

  /** True with the given probability. Certain questions take no number from the row. */
  chance(probability: number): boolean {
    return probability >= 1 || (probability > 0 && this.#next() < probability);
  }

  /** A number of the range. */
  within(range: { readonly min: number; readonly max: number }): number {
    return range.min === range.max ? range.min : range.min + this.#next() * (range.max - range.min);
  }

  /** The items in random order. */
  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, key: this.#next() }))
      .sort((a, b) => a.key - b.key)
      .map(({ item }) => item);
  }
}

/** The generator Mulberry32: small, quick, good enough for dice. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
