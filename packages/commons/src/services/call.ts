// One call through the registry: choose an endpoint, try, try another, give up.
import { ServiceUnavailableError, type WorkflowError } from "../errors.ts";
import { chooseEndpoint, isUsable } from "./choice.ts";
import type { Endpoint, EndpointView } from "./endpoint.ts";
import { toWorkflowError, verdictOf } from "./failure.ts";
import { backoffMs } from "./retry.ts";
import type { Service } from "./service.ts";
import { sleep, untilAborted } from "./signals.ts";

/** The call itself: made with the endpoint it was given; `signal` aborts at the time limit. */
export type EndpointCall<T> = (endpoint: EndpointView, signal: AbortSignal) => Promise<T>;

/** What a call needs of the registry. */
export interface CallScope {
  readonly name: string;
  readonly service: () => Service | undefined;
  readonly endpoints: () => readonly Endpoint[];
  /** Looks for a usable endpoint: asks the store, asks the endpoints. Never throws. */
  readonly refresh: () => Promise<void>;
  /** Told of every failed try. */
  readonly onFailure: (endpoint: EndpointView, error: WorkflowError) => void;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal;
  readonly random: () => number;
  readonly now: () => number;
}

/**
 * Tries endpoints until one answers or the tries are used up.
 * @throws ServiceUnavailableError when no endpoint could be tried, the last try's error otherwise; Abandoned when the
 *   signal ended the call. An error that is not retryable is thrown at once.
 */
export async function callService<T>(fn: EndpointCall<T>, scope: CallScope): Promise<T> {
  const tries = new Map<Endpoint, number>();
  let failures = 0;
  let last: WorkflowError | undefined;
  for (;;) {
    if (scope.signal.aborted) throw scope.signal.reason;
    const { service, endpoint } = choose(tries, scope) ?? (await search(tries, scope, last));
    try {
      return await endpoint.run(fn, { timeoutMs: scope.timeoutMs ?? service.timeoutMs, signal: scope.signal });
    } catch (error) {
      if (scope.signal.aborted) throw scope.signal.reason;
      last = toWorkflowError(error, scope.name);
      scope.onFailure(endpoint, last);
      if (!last.retryable) throw last;
      tries.set(endpoint, (tries.get(endpoint) ?? 0) + 1);
      // Where nothing listens, nothing was tried: the next copy is asked at once, and it costs no try.
      if (verdictOf(error) === "unreachable" && hasFresh(tries, scope)) continue;
      failures += 1;
      if (failures >= service.maxAttempts) throw last;
      await waitBeforeRetry({ service, error: last, failures, hasFresh: hasFresh(tries, scope) }, scope);
    }
  }
}

interface Choice {
  readonly service: Service;
  readonly endpoint: Endpoint;
}

function choose(tries: ReadonlyMap<Endpoint, number>, scope: CallScope): Choice | undefined {
  const service = scope.service();
  const endpoint = chooseEndpoint(scope.endpoints(), { tries, random: scope.random });
  return service && endpoint ? { service, endpoint } : undefined;
}

async function search(
  tries: ReadonlyMap<Endpoint, number>,
  scope: CallScope,
  last: WorkflowError | undefined,
): Promise<Choice> {
  await untilAborted(scope.refresh(), scope.signal);
  const choice = choose(tries, scope);
  if (!choice) throw last ?? unavailableError(scope);
  return choice;
}

function hasFresh(tries: ReadonlyMap<Endpoint, number>, scope: CallScope): boolean {
  return scope.endpoints().some((endpoint) => isUsable(endpoint) && !tries.has(endpoint));
}

/**
 * Waits before the next try. An endpoint that asked for a longer wait than a call may take gets it from the queue:
 * the error is thrown with its retryAfterSeconds, unless there is another endpoint to ask.
 */
async function waitBeforeRetry(
  failed: {
    readonly service: Service;
    readonly error: WorkflowError;
    readonly failures: number;
    readonly hasFresh: boolean;
  },
  scope: CallScope,
): Promise<void> {
  const { retryBackoff } = failed.service;
  const askedMs = failed.hasFresh ? 0 : (failed.error.retryAfterSeconds ?? 0) * 1000;
  if (askedMs > retryBackoff.maxMs) throw failed.error;
  await sleep(Math.max(askedMs, backoffMs(retryBackoff, failed.failures, scope.random)), scope.signal);
}

/** Why no endpoint could be tried. */
function unavailableError(scope: CallScope): ServiceUnavailableError {
  const endpoints = scope.endpoints();
  const context = { service: scope.name, endpoints: endpoints.length };
  const blocked = endpoints.filter(({ health }) => health !== "unhealthy");
  if (blocked.length > 0) {
    const waits = blocked.map(({ circuit }) => (circuit.halfOpensAt ?? 0) - scope.now());
    const retryAfterSeconds = Math.max(1, Math.ceil(Math.min(...waits) / 1000));
    return new ServiceUnavailableError(
      `${scope.name} failed too often and is spared for ${retryAfterSeconds} s; look for the cause in its log.`,
      { code: "CIRCUIT_OPEN", context, retryAfterSeconds },
    );
  }
  const reason = endpoints.length === 0 ? "has no endpoint" : `has no healthy endpoint among ${endpoints.length}`;
  return new ServiceUnavailableError(`${scope.name} ${reason}; start a copy of it, it registers itself.`, {
    code: "NO_ENDPOINT",
    context,
  });
}
