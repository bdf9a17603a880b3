// The service registry's part of the engine: each function is the SQL function of the same name.
import { callRows, callValue, type Database } from "./database.ts";

/** Creates a service or changes how it is called. See register_service.sql. */
export async function registerService(
  db: Database,
  service: {
    readonly name: string;
    readonly kind: "standard" | "agent";
    readonly timeoutMs: number;
    readonly maxAttempts: number;
  },
): Promise<void> {
  await callValue(db, "register_service", {
    p_name: service.name,
    p_kind: service.kind,
    p_timeout_ms: service.timeoutMs,
    p_max_attempts: service.maxAttempts,
  });
}

/** Registers a running copy (`started`), or says that it is alive. See register_service_endpoint.sql. */
export async function registerServiceEndpoint(
  db: Database,
  service: string,
  url: string,
  started: boolean,
): Promise<void> {
  await callValue(db, "register_service_endpoint", { p_service: service, p_url: url, p_started: started });
}

/** Forgets a running copy. See deregister_service_endpoint.sql. */
export async function deregisterServiceEndpoint(db: Database, service: string, url: string): Promise<void> {
  await callValue(db, "deregister_service_endpoint", { p_service: service, p_url: url });
}

/** Writes down what a caller found out about an endpoint. See report_service_endpoint.sql. */
export async function reportServiceEndpoint(
  db: Database,
  service: string,
  url: string,
  state: { readonly health: string; readonly breaker: string; readonly error?: string | undefined },
): Promise<void> {
  await callValue(db, "report_service_endpoint", {
    p_service: service,
    p_url: url,
    p_health: state.health,
    p_breaker: state.breaker,
    p_error: state.error ?? null,
  });
}

/** Every running copy of every service. See list_service_endpoints.sql. */
export async function listServiceEndpoints(db: Database) {
  return await callRows(db, "list_service_endpoints", {});
}
