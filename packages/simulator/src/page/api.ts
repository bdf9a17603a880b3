// The page's calls to the simulator.

/** A call that was refused; the message is fit to be shown. */
export class CallError extends Error {
  override readonly name = "CallError";
}

/**
 * Calls the simulator and hands back its JSON.
 * @param options - `body` is sent as JSON; `signal` breaks the call off
 * @throws CallError with the simulator's own words
 */
export async function call<T>(
  method: string,
  path: string,
  options: { readonly body?: unknown; readonly signal?: AbortSignal } = {},
): Promise<T> {
  const response = await fetch(path, {
    method,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(options.body) }),
  }).catch(() => {
    throw new CallError("The simulator does not answer. Is it still running?");
  });
  const json: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new CallError(reason(json) ?? `The simulator answered ${response.status}.`);
  // SAFETY: the simulator and its page are one program; the types are those of its own views.
  return json as T;
}

function reason(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null || !("error" in json)) return undefined;
  return typeof json.error === "string" ? json.error : undefined;
}
