// The registry's report about itself, for health pages and metrics. Plain data, ready for JSON.
import type { BreakerStats } from "./breaker.ts";
import { isUsable } from "./choice.ts";
import type { Endpoint, EndpointCounts } from "./endpoint.ts";
import type { BreakerState, Health, Service, ServiceKind } from "./service.ts";

/** One endpoint as this process knows it. */
export interface EndpointStatus {
  readonly url: string;
  readonly health: Health;
  readonly breaker: BreakerState;
  /** When the open breaker lets a call through again, ISO 8601; null when it is not open. */
  readonly halfOpensAt: string | null;
  readonly inFlight: number;
  readonly heartbeatAt: string | null;
  readonly lastCheckedAt: string | null;
  /** Code of the last error. */
  readonly lastError: string | null;
  /** Since the endpoint became known here. */
  readonly total: Readonly<EndpointCounts>;
  /** Within the breaker's rolling window, as opossum counts. */
  readonly window: BreakerStats;
}

/** One service and its endpoints. */
export interface ServiceStatus {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  /** Endpoints that would take a call now. */
  readonly usableEndpoints: number;
  readonly endpoints: readonly EndpointStatus[];
}

/** The whole report. */
export interface RegistryStatus {
  readonly lastSyncAt: string | null;
  readonly services: readonly ServiceStatus[];
}

/** Reports one service. */
export function serviceStatus(
  service: Service,
  endpoints: readonly Endpoint[],
  checkedAt: (endpoint: Endpoint) => number | undefined,
): ServiceStatus {
  return {
    name: service.name,
    kind: service.kind,
    timeoutMs: service.timeoutMs,
    maxAttempts: service.maxAttempts,
    usableEndpoints: endpoints.filter(isUsable).length,
    endpoints: endpoints.map((endpoint) => endpointStatus(endpoint, checkedAt(endpoint))),
  };
}

/** A time in milliseconds since 1970 as ISO 8601. */
export function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

function endpointStatus(endpoint: Endpoint, checkedAt: number | undefined): EndpointStatus {
  return {
    url: endpoint.url,
    health: endpoint.health,
    breaker: endpoint.breaker,
    halfOpensAt: isoTime(endpoint.circuit.halfOpensAt),
    inFlight: endpoint.inFlight,
    heartbeatAt: endpoint.heartbeatAt,
    lastCheckedAt: isoTime(checkedAt),
    lastError: endpoint.lastError,
    total: { ...endpoint.counts },
    window: endpoint.circuit.stats,
  };
}
