// The shared memory of all registries, as the registry sees it. The implementation over Postgres is injected: this
// folder knows no database. An edge function forgets everything between two requests; the store is what it starts from.
import type { BreakerState, Health, ServiceKind } from "./service.ts";

/** One endpoint with the settings of its service and what any process last told about it. */
export interface EndpointRecord {
  readonly service: string;
  readonly kind: ServiceKind;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  readonly url: string;
  readonly health: Health;
  readonly breaker: BreakerState;
  /** When `breaker` last changed, ISO 8601. */
  readonly breakerChangedAt: string | null;
  /** When the endpoint last said that it runs, ISO 8601. */
  readonly heartbeatAt: string | null;
  readonly lastError: string | null;
}

/** What a process tells the others about an endpoint. */
export interface EndpointReport {
  readonly health: Health;
  readonly breaker: BreakerState;
  /** Code of the error behind the change; never a message, which could hold personal data. */
  readonly error?: string;
}

/** Where registries share what they know. */
export interface RegistryStore {
  /** All registered endpoints of all services. */
  listEndpoints(): Promise<readonly EndpointRecord[]>;
  /** Writes what this process found out about an endpoint. */
  reportEndpoint(service: string, url: string, report: EndpointReport): Promise<void>;
}
