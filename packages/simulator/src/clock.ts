// The simulator's clock: the machine's, moved as far as a test wants. It decides about the 24 h window, the ages of media
// addresses, the send limits and every time stamp on the wire; timers still run in real time.

/** A clock that can be moved. */
export class Clock {
  #offsetMs = 0;

  /** Now, in ms. */
  now(): number {
    return Date.now() + this.#offsetMs;
  }

  /** How far it is moved, in ms. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Moves it further. */
  advance(ms: number): void {
    this.#offsetMs += ms;
  }

  /** Back to the machine's time, or to so many ms before or after it. */
  set(offsetMs: number): void {
    this.#offsetMs = offsetMs;
  }
}
