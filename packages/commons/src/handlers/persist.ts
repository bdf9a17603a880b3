// Writing down what was learnt outside: an agent's answer, how a send ended. Losing it is dear (the agent is asked again,
// a refused message counts as unknown), so a Postgres that is away for a moment is waited for.
import { DatabaseUnavailableError } from "../errors.ts";

/** Longer than a restart of Postgres takes; afterwards the lane is left to its retry. */
const PATIENCE_MS = 120_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Repeats a write while Postgres is away. For writes under a lease only: their fencing token makes the repetition safe,
 * because a write that was committed and whose answer was lost has ended the lease.
 * @param signal - ends the repeating: the lease is lost, or the worker must stop
 * @throws DatabaseUnavailableError when patience or the signal ended it; what else `write` throws, at once
 */
export async function persist<T>(write: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError) || signal.aborted || Date.now() + pauseMs > giveUpAt)
        throw error;
      await pause(pauseMs, signal);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end, { once: true });
  });
}
