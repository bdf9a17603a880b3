// Timers that can all be stopped at once: at a reset, and when the program ends.

/** A set of running timers. */
export class Timers {
  readonly #running = new Set<NodeJS.Timeout>();

  /**
   * Calls `action` once.
   * @param delayMs - how long to wait, in ms; 0 still waits for the next turn of the event loop
   */
  after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#running.delete(timer);
      action();
    }, delayMs);
    this.#running.add(timer);
  }

  /** Stops all of them; their actions are never called. */
  clear(): void {
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }
}

/** Resolves after `delayMs` ms. */
export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
