// How many lanes a worker has in hand at most: as many as it is allowed, fewer while Postgres cannot keep up.

/** One halving is judged by what comes of it before there is another. */
const PATIENCE_MS = 1_000;

/**
 * Halves the room when Postgres is away or too slow to give out a connection, and makes one more lane of room for every
 * round of work that went well. What one tenant's agent does has no say in it: that would let a dead agent slow down
 * everybody else.
 */
export class Room {
  readonly #most: number;
  readonly #now: () => number;
  #limit: number;
  #halvedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param most - lanes at the same time when all is well
   * @param now - the time in ms; another one in tests
   */
  constructor(most: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#limit = most;
    this.#now = now;
  }

  /** Lanes that may be in hand now; at least one. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** A lane was worked without trouble. */
  wentWell(): void {
    this.#limit = Math.min(this.#most, this.#limit + 1 / this.#limit);
  }

  /** Postgres did not keep up. */
  overloaded(): void {
    if (this.#now() - this.#halvedAt < PATIENCE_MS) return;
    this.#halvedAt = this.#now();
    this.#limit = Math.max(1, this.#limit / 2);
  }
}
