// The services and endpoints that this process knows, and how it takes over what the store says about them.
import { WEBHOOK_CONFIG } from "../config.ts";
import { InvalidInputError, toError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { BreakerStart } from "./breaker.ts";
import { Endpoint, type EndpointOptions } from "./endpoint.ts";
import { assertEndpointUrl, defineService, type Service, type ServiceOptions } from "./service.ts";
import type { EndpointRecord } from "./store.ts";

/** An endpoint that has not said for this long that it runs counts as unhealthy. */
const HEARTBEAT_LIMIT_MS = 90_000;
/** What this process found out itself is trusted more than the store for this long: two rounds of health checks. */
const OBSERVATION_MS = 60_000;

/** What the directory needs. */
export interface DirectoryOptions {
  readonly log: Logger;
  readonly now: () => number;
  /** Called when this process found out something that the others should know. */
  readonly onChange: EndpointOptions["onChange"];
  /** Called when an endpoint is gone. */
  readonly onGone: (endpoint: Endpoint) => void;
  /** Whether the store does not know this endpoint's state yet. */
  readonly isPending: (endpoint: Endpoint) => boolean;
}

interface Entry {
  readonly endpoint: Endpoint;
  /** An endpoint that the store has listed goes when the store lists it no more. */
  listed: boolean;
  /** The breaker's state in the store that was last taken over, with its time. */
  seenBreaker: string | undefined;
}

/** Services by name, endpoints by address. */
export class Directory {
  readonly #options: DirectoryOptions;
  readonly #services = new Map<string, { service: Service; readonly entries: Map<string, Entry> }>();

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /** Makes a service known, or gives it new settings. A breaker keeps the policy of the kind it was made for. */
  registerService(options: ServiceOptions): Service {
    const service = defineService(options);
    const known = this.#services.get(service.name);
    if (known) known.service = service;
    else this.#services.set(service.name, { service, entries: new Map() });
    return service;
  }

  /**
   * Makes an endpoint known; knowing it already is fine.
   * @throws InvalidInputError when the service is not known or the address is no http(s) address
   */
  registerEndpoint(name: string, url: string): void {
    const known = this.#services.get(name);
    if (!known)
      throw new InvalidInputError(`Service "${name}" is not registered; call registerService first.`, {
        code: "UNKNOWN_SERVICE",
        context: { service: name },
      });
    if (!known.entries.has(url)) this.#add(name, url, { health: "unknown", breaker: { state: "closed" } });
  }

  /** Forgets an endpoint; calls that are under way there end as they end. */
  deregisterEndpoint(name: string, url: string): void {
    const entries = this.#services.get(name)?.entries;
    const entry = entries?.get(url);
    if (!entries || !entry) return;
    entries.delete(url);
    entry.endpoint.circuit.stop();
    this.#options.onGone(entry.endpoint);
  }

  /** The settings of a service, when it is known. */
  service(name: string): Service | undefined {
    return this.#services.get(name)?.service;
  }

  /** All known services. */
  services(): Service[] {
    return [...this.#services.values()].map(({ service }) => service);
  }

  /** The endpoints of one service, or of all. */
  endpoints(name?: string): Endpoint[] {
    const groups = name === undefined ? [...this.#services.values()] : [this.#services.get(name)];
    return groups.flatMap((group) => [...(group?.entries.values() ?? [])].map(({ endpoint }) => endpoint));
  }

  /**
   * Takes over what the store listed: new endpoints come, endpoints that it lists no more go, states follow.
   * @param records - the list
   * @param askedAt - when the list was asked for: what happened here since is newer than the list
   */
  adopt(records: readonly EndpointRecord[], askedAt: number): void {
    const listed = new Set<string>();
    for (const record of records) {
      listed.add(keyOf(record.service, record.url));
      try {
        this.#adoptRecord(record, askedAt);
      } catch (error) {
        this.#options.log.error("an endpoint in the store cannot be used", {
          service: record.service,
          url: record.url,
          error: toError(error),
        });
      }
    }
    for (const [name, { entries }] of this.#services)
      for (const [url, entry] of entries)
        if (entry.listed && !listed.has(keyOf(name, url))) this.deregisterEndpoint(name, url);
  }

  #adoptRecord(record: EndpointRecord, askedAt: number): void {
    const { service: name, kind, timeoutMs, maxAttempts, url } = record;
    const retryBackoff = this.service(name)?.retryBackoff;
    this.registerService({ name, kind, timeoutMs, maxAttempts, ...(retryBackoff ? { retryBackoff } : {}) });
    const known = this.#services.get(name)?.entries.get(url);
    const entry = known ?? this.#add(name, url, { health: record.health, breaker: this.#breakerStart(record) });
    const { endpoint } = entry;
    entry.listed = true;
    endpoint.heartbeatAt = record.heartbeatAt;
    endpoint.isStale = record.heartbeatAt !== null && this.#age(record.heartbeatAt) > HEARTBEAT_LIMIT_MS;
    if (!known) endpoint.lastError = record.lastError;
    const isOlder = endpoint.touchedAt >= askedAt || this.#options.isPending(endpoint);
    if (known && isOlder) return;
    if (known) this.#adoptState(entry, record);
    entry.seenBreaker = breakerKey(record);
  }

  #adoptState(entry: Entry, record: EndpointRecord): void {
    const { endpoint } = entry;
    const isOwnOld = this.#options.now() - endpoint.observedAt > OBSERVATION_MS;
    if (endpoint.observedHealth === "unknown" || isOwnOld) endpoint.adoptHealth(record.health, record.lastError);
    if (entry.seenBreaker === breakerKey(record)) return;
    const start = this.#breakerStart(record);
    // Half-open elsewhere says nothing here: every process sends its own one call, when its own time is up.
    if (start.state === "open" && endpoint.breaker === "closed") endpoint.adoptOpen(start.remainingMs);
    if (start.state === "closed") endpoint.circuit.close();
  }

  /** Where a breaker stands, from its state in the store and the time that went by since. */
  #breakerStart(record: EndpointRecord): BreakerStart {
    if (record.breaker !== "open") return { state: record.breaker };
    const { resetTimeoutMs } = WEBHOOK_CONFIG.breakers[record.kind];
    const age = record.breakerChangedAt === null ? 0 : this.#age(record.breakerChangedAt);
    // The store's clock may be ahead of ours: never wait longer than a reset takes.
    const remainingMs = Math.min(resetTimeoutMs - age, resetTimeoutMs);
    return remainingMs > 0 ? { state: "open", remainingMs } : { state: "half_open" };
  }

  #add(name: string, url: string, start: Pick<EndpointOptions, "health" | "breaker">): Entry {
    const known = this.#services.get(name);
    if (!known) throw new Error(`service ${name} must be registered before its endpoints`);
    assertEndpointUrl(name, url);
    const { now, onChange } = this.#options;
    const endpoint = new Endpoint(known.service, { url, ...start, now, onChange });
    const entry: Entry = { endpoint, listed: false, seenBreaker: undefined };
    known.entries.set(url, entry);
    return entry;
  }

  #age(time: string): number {
    return this.#options.now() - Date.parse(time);
  }
}

function keyOf(service: string, url: string): string {
  return JSON.stringify([service, url]);
}

function breakerKey(record: EndpointRecord): string {
  return `${record.breaker} ${record.breakerChangedAt}`;
}
