// A task that runs again and again: jittered, so that processes drift apart, and never over itself.
import { unref } from "./signals.ts";

/** How often a loop runs. */
export interface LoopOptions {
  /** Time between the end of one run and the start of the next, give or take a tenth. */
  readonly intervalMs: number;
  /** Time before the first run; by default a random part of a tenth of the interval. */
  readonly firstDelayMs?: number;
  readonly random: () => number;
}

/**
 * Starts a loop. Its timer does not keep the process alive.
 * @param run - the task; it must not throw
 * @returns a function that ends the loop; a run that is under way is not interrupted
 */
export function startLoop(run: () => Promise<void>, options: LoopOptions): () => void {
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const plan = (delayMs: number) => {
    if (ended) return;
    timer = setTimeout(() => {
      run().finally(() => plan(options.intervalMs * (0.9 + 0.2 * options.random())));
    }, delayMs);
    unref(timer);
  };
  plan(options.firstDelayMs ?? options.intervalMs * 0.1 * options.random());
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
