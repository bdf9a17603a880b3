// One run at a time.

/**
 * Makes a function of which never two runs go at once: calls during a run share one more run behind it, which sees
 * everything that the first may have missed.
 */
export function coalesce<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let waiting: Promise<T> | undefined;
  const begin = () => {
    const mine = run().finally(() => {
      if (running === mine) running = undefined;
    });
    running = mine;
    return mine;
  };
  return () => {
    if (waiting !== undefined) return waiting;
    if (running === undefined) return begin();
    const beginNext = () => {
      waiting = undefined;
      return begin();
    };
    waiting = running.then(beginNext, beginNext);
    return waiting;
  };
}
