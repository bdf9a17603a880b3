// Waiting that can be ended: the timers and abort signals of the registry in one place.

/** Reason of a signal that was aborted by the caller or by the registry's end: nobody wants the answer any more. */
export class Abandoned extends Error {
  override readonly name = "Abandoned";
  readonly reason: unknown;
  constructor(reason: unknown) {
    super("The call was abandoned.");
    this.reason = reason;
  }
}

/** A signal and the way to let go of the signals that it follows. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  dispose(): void;
}

/**
 * Follows several signals. Unlike `AbortSignal.any` it can be let go, so a signal that lives as long as the process
 * does not collect listeners.
 * @param sources - signals to follow; the first that aborts gives its reason, wrapped in Abandoned
 */
export function linkSignals(sources: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const releases: (() => void)[] = [];
  for (const source of sources) {
    if (!source) continue;
    const abort = () => controller.abort(new Abandoned(source.reason));
    if (source.aborted) abort();
    source.addEventListener("abort", abort, { once: true });
    releases.push(() => source.removeEventListener("abort", abort));
  }
  return {
    signal: controller.signal,
    dispose: () => {
      for (const release of releases) release();
    },
  };
}

/**
 * Runs a task with a time limit. The promise ends at the limit even when the task ignores its signal.
 * @param task - gets a signal that aborts at the limit, or with `signal`
 * @param limit - the limit in milliseconds, the error it ends with, and the signal that ends it early
 * @throws the task's own error, the error of the limit, or the reason of `signal`
 */
export function withTimeout<T>(
  task: (signal: AbortSignal) => Promise<T>,
  limit: { readonly timeoutMs: number; readonly timeoutError: () => Error; readonly signal: AbortSignal },
): Promise<T> {
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const end = (error: unknown) => {
      release();
      reject(error);
      controller.abort(error);
    };
    const onAbort = () => end(limit.signal.reason);
    const timer = setTimeout(() => end(limit.timeoutError()), limit.timeoutMs);
    const release = () => {
      clearTimeout(timer);
      limit.signal.removeEventListener("abort", onAbort);
    };
    limit.signal.addEventListener("abort", onAbort, { once: true });
    if (limit.signal.aborted) return onAbort();
    started(task, controller.signal).then(resolve, reject).finally(release);
  });
}

/**
 * Waits for a promise or for the signal, whichever is first; the promise itself goes on.
 * @throws the reason of the signal
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/**
 * Waits.
 * @throws the reason of the signal
 */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const slept = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return untilAborted(slept, signal).finally(() => clearTimeout(timer));
}

/** Lets the process end while the timer runs, where the runtime can (Node; Deno's own timers are numbers). */
export function unref(timer: unknown): void {
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
    timer.unref();
}

/** A task that throws before its first await is a rejection like any other. */
async function started<T>(task: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return await task(signal);
}
