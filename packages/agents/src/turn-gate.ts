// Counts the turns in flight and closes the door when the program stops.

/** The door for turns. */
export interface TurnGate {
  readonly inFlight: number;
  readonly closed: boolean;
  /**
   * Lets a turn in.
   * @returns what to call when it is over; undefined when the door is closed
   */
  enter(): (() => void) | undefined;
  /** Lets no more turns in. */
  close(): void;
  /**
   * Waits until no turn is in flight.
   * @param milliseconds - how long at most
   * @returns whether none is
   */
  idle(milliseconds: number): Promise<boolean>;
}

/** Makes a door that is open. */
export function createTurnGate(): TurnGate {
  let inFlight = 0;
  let closed = false;
  const waiting = new Set<() => void>();
  const leave = () => {
    inFlight -= 1;
    if (inFlight === 0) for (const wake of waiting) wake();
  };
  return {
    get inFlight() {
      return inFlight;
    },
    get closed() {
      return closed;
    },
    enter() {
      if (closed) return undefined;
      inFlight += 1;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        leave();
      };
    },
    close() {
      closed = true;
    },
    async idle(milliseconds) {
      if (inFlight === 0) return true;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      return inFlight === 0;
    },
  };
}
