// A sleep that can be ended.

/** Sleeps for one sleeper; a ring ends the sleep and is never lost. */
export class Alarm {
  #rung = false;
  #endSleep: (() => void) | undefined;

  /** Ends the sleep, or the next one before it begins. */
  ring(): void {
    this.#rung = true;
    this.#endSleep?.();
  }

  /** Forgets earlier rings. To be called before looking at what they told of, never after. */
  reset(): void {
    this.#rung = false;
  }

  /** Sleeps; not at all when there was a ring since the last reset. */
  async sleep(milliseconds: number): Promise<void> {
    if (this.#rung) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(milliseconds, 0));
      this.#endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endSleep = undefined;
  }
}
