// What the tests of the registry share: a store in memory, a quiet log, servers on free ports.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentError } from "../../src/errors.ts";
import { createLogger, type Logger } from "../../src/log.ts";
import type { EndpointView } from "../../src/services/endpoint.ts";
import { ServiceRegistry } from "../../src/services/service-registry.ts";
import type { EndpointRecord, EndpointReport, RegistryStore } from "../../src/services/store.ts";

export const A = "http://a.test";
export const B = "http://b.test";
export const C = "http://c.test";
export const call = { correlationId: "c-1" };

/** A log that keeps its lines. */
export function recordingLog(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: createLogger("test", "debug", (line) => lines.push(line)), lines };
}

/** A registry with one service `s` and its endpoints. */
export function registryOf(
  urls: readonly string[],
  options: Partial<ConstructorParameters<typeof ServiceRegistry>[0]> &
    Partial<Parameters<ServiceRegistry["registerService"]>[0]> = {},
): ServiceRegistry {
  const registry = new ServiceRegistry({ log: recordingLog().log, ...options });
  const { kind = "standard", timeoutMs = 1_000, maxAttempts = 3 } = options;
  registry.registerService({ name: "s", kind, timeoutMs, maxAttempts });
  for (const url of urls) registry.registerEndpoint("s", url);
  return registry;
}

/** The first (or named) endpoint of service `s` as the status tells it. */
export function endpointOf(registry: ServiceRegistry, url?: string) {
  const endpoints = registry.status().services.find(({ name }) => name === "s")?.endpoints ?? [];
  const endpoint = url === undefined ? endpoints[0] : endpoints.find((each) => each.url === url);
  if (!endpoint) throw new Error(`no endpoint ${url}`);
  return endpoint;
}

export const answer = async (endpoint: EndpointView) => endpoint.url;
export async function fail(): Promise<never> {
  throw new AgentError("it broke", { code: "AGENT_HTTP_ERROR" });
}
export async function refuse(): Promise<never> {
  throw new TypeError("fetch failed", { cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }) });
}
/** A call that ignores its signal and never ends. */
export const hang = () => new Promise<never>(() => undefined);

/** Makes `count` calls that fail, without retries of their own. */
export async function failTimes(registry: ServiceRegistry, count: number): Promise<void> {
  for (let at = 0; at < count; at++) await registry.call("s", fail, call).catch(() => undefined);
}

/** A store in memory; `broken` makes it fail. */
export class MemoryStore implements RegistryStore {
  records: EndpointRecord[] = [];
  readonly reports: (EndpointReport & { service: string; url: string })[] = [];
  broken = false;
  lists = 0;
  async listEndpoints(): Promise<readonly EndpointRecord[]> {
    this.lists += 1;
    if (this.broken) throw new Error("the store is down");
    return this.records;
  }
  async reportEndpoint(service: string, url: string, report: EndpointReport): Promise<void> {
    if (this.broken) throw new Error("the store is down");
    this.reports.push({ service, url, ...report });
    this.records = this.records.map((record) =>
      record.service !== service || record.url !== url
        ? record
        : {
            ...record,
            health: report.health,
            breaker: report.breaker,
            breakerChangedAt:
              record.breaker === report.breaker ? record.breakerChangedAt : new Date(Date.now()).toISOString(),
          },
    );
  }
}

export function recordOf(url: string, more: Partial<EndpointRecord> = {}): EndpointRecord {
  const at = new Date(Date.now()).toISOString();
  return {
    service: "s",
    kind: "agent",
    timeoutMs: 1_000,
    maxAttempts: 1,
    url,
    health: "healthy",
    breaker: "closed",
    breakerChangedAt: at,
    heartbeatAt: at,
    lastError: null,
    ...more,
  };
}

/** A server on a free port; `kill` drops its connections at once. */
export async function serve(listener: RequestListener): Promise<{ url: string; kill: () => Promise<void> }> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // SAFETY: a server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    kill: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
