// What a service is: its settings, their defaults, and the words for the state of its endpoints.
import { WEBHOOK_CONFIG } from "../config.ts";
import { InvalidInputError } from "../errors.ts";

/** `agent` answers slowly and fails more often, so its breaker is more patient than that of a `standard` service. */
export type ServiceKind = "standard" | "agent";
/** What the last health check (or a refused connection) told about an endpoint. */
export type Health = "unknown" | "healthy" | "unhealthy";
/** Whether calls pass: all (`closed`), none (`open`), or one to try (`half_open`). */
export type BreakerState = "closed" | "open" | "half_open";

/** Waiting between two tries of one call: grows from `baseMs` up to `maxMs`, with jitter. */
export interface RetryBackoff {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Default: 2. */
  readonly factor?: number;
}

/** Something callable behind the registry. */
export interface Service {
  /** Unique name, such as `agent:concierge`. */
  readonly name: string;
  readonly kind: ServiceKind;
  /** Longest time of one try. */
  readonly timeoutMs: number;
  /** Tries of one call, over different endpoints as long as there are any. */
  readonly maxAttempts: number;
  readonly retryBackoff: RetryBackoff;
}

/** What has to be said about a service; the rest has defaults. */
export type ServiceOptions = Pick<Service, "name"> & Partial<Service>;

/** A timer cannot be longer (https://developer.mozilla.org/docs/Web/API/Window/setTimeout#maximum_delay_value). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Completes the settings of a service.
 * @param options - what is known; kind `standard`, the rest as WEBHOOK_CONFIG has it unless said otherwise
 * @throws InvalidInputError when a number is out of its range
 */
export function defineService(options: ServiceOptions): Service {
  const kind = options.kind ?? "standard";
  const service: Service = {
    name: options.name,
    kind,
    timeoutMs: options.timeoutMs ?? WEBHOOK_CONFIG.timeouts[kind === "agent" ? "agent" : "default"],
    maxAttempts: options.maxAttempts ?? WEBHOOK_CONFIG.retry.attempts,
    retryBackoff: options.retryBackoff ?? configuredBackoff(),
  };
  if (service.name === "") throw refused(service, "name must not be empty");
  if (!(service.timeoutMs > 0 && service.timeoutMs <= LONGEST_TIMER_MS))
    throw refused(service, `timeoutMs must be above 0 and at most ${LONGEST_TIMER_MS}, got ${service.timeoutMs}`);
  if (!(Number.isInteger(service.maxAttempts) && service.maxAttempts >= 1))
    throw refused(service, `maxAttempts must be a whole number from 1, got ${service.maxAttempts}`);
  const { baseMs, maxMs } = service.retryBackoff;
  if (!(baseMs >= 0 && maxMs >= baseMs && maxMs <= LONGEST_TIMER_MS))
    throw refused(service, `retryBackoff must have 0 <= baseMs <= maxMs, got ${baseMs} and ${maxMs}`);
  return service;
}

/**
 * Checks the address of an endpoint.
 * @throws InvalidInputError when it is no http(s) address, or carries a query or a fragment
 */
export function assertEndpointUrl(service: string, url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^https?:$/.test(parsed.protocol) && parsed.search === "" && parsed.hash === "") return;
  throw new InvalidInputError(
    `An endpoint of ${service} must be an http(s) address such as http://127.0.0.1:4040, without query and fragment.`,
    { code: "INVALID_ENDPOINT", context: { service } },
  );
}

function configuredBackoff(): RetryBackoff {
  const { firstMs, mostMs, factor } = WEBHOOK_CONFIG.retry;
  return { baseMs: firstMs, maxMs: mostMs, factor };
}

function refused(service: Service, problem: string): InvalidInputError {
  return new InvalidInputError(`Service "${service.name}": ${problem}.`, {
    code: "INVALID_SERVICE",
    context: { service: service.name },
  });
}

/** The address of a path at an endpoint; the endpoint may stand with or without a slash at its end. */
export function endpointUrl(url: string, path: string): string {
  return `${url.replace(/\/+$/, "")}${path.startsWith("/") ? "" : "/"}${path}`;
}
