// The service registry: calls go to a healthy copy of a service, bad copies are spared, and what one process finds out
// the others know. Life of a call: choose the least loaded endpoint, go through its breaker with a time limit, on a
// retryable failure try another one, at last the fallback. State is shared through an injected store (store.ts).
import type { z } from "zod";
import { ServiceUnavailableError, toError, type WorkflowError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { callService, type EndpointCall } from "./call.ts";
import { isUsable } from "./choice.ts";
import { Directory } from "./directory.ts";
import type { Endpoint } from "./endpoint.ts";
import { abortError } from "./failure.ts";
import { HealthChecker } from "./health.ts";
import { startLoop } from "./loop.ts";
import { postJson } from "./post-json.ts";
import { StateReporter } from "./reporter.ts";
import type { Service, ServiceOptions } from "./service.ts";
import { Abandoned, linkSignals } from "./signals.ts";
import { isoTime, type RegistryStatus, serviceStatus } from "./status.ts";
import type { RegistryStore } from "./store.ts";

const HEALTH_INTERVAL_MS = 30_000;
const SYNC_INTERVAL_MS = 10_000;
/** Calls without a usable endpoint ask the store, and unhealthy endpoints, at most this often. */
const REFRESH_INTERVAL_MS = 1_000;

/** What a registry needs. */
export interface RegistryOptions {
  readonly log: Logger;
  /** Shared state; without it the registry knows only what is registered here. */
  readonly store?: RegistryStore;
  /** For tests: the clock, in milliseconds since 1970. */
  readonly now?: () => number;
  /** For tests: chance, 0 <= x < 1. */
  readonly random?: () => number;
  /** For tests: how health checks and callJson ask. */
  readonly fetch?: typeof fetch;
}

/** Options of one call. */
export interface CallOptions<T> {
  /** Ties the logs of one message together. */
  readonly correlationId: string;
  /** Ends the call: nobody wants the answer any more. Says nothing about the endpoint. */
  readonly signal?: AbortSignal;
  /** Longest time of one try, instead of the service's. */
  readonly timeoutMs?: number;
  /** Answers when no endpoint did; not asked when the call itself was at fault (an error that is not retryable). */
  readonly fallback?: (error: WorkflowError) => NoInfer<T> | Promise<NoInfer<T>>;
}

/** Options of one JSON call. */
export interface CallJsonOptions<T> extends CallOptions<T> {
  /** What an answer must look like. */
  readonly responseSchema: z.ZodType<T>;
}

/** Knows services and their endpoints, and calls them. */
export class ServiceRegistry {
  readonly #log: Logger;
  readonly #store: RegistryStore | undefined;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #fetch: typeof fetch;
  readonly #directory: Directory;
  readonly #reporter: StateReporter;
  readonly #health: HealthChecker;
  readonly #stopping = new AbortController();
  #endSync: (() => void) | undefined;
  #syncing: Promise<void> | undefined;
  #syncAskedAt = Number.NEGATIVE_INFINITY;
  #syncedAt: number | undefined;

  constructor(options: RegistryOptions) {
    this.#log = options.log;
    this.#store = options.store;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
    this.#fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
    this.#reporter = new StateReporter(options.store, { log: this.#log, now: this.#now });
    this.#directory = new Directory({
      log: this.#log,
      now: this.#now,
      onChange: (endpoint, what) => this.#changed(endpoint, what),
      onGone: (endpoint) => this.#reporter.forget(endpoint),
      isPending: (endpoint) => this.#reporter.isPending(endpoint),
    });
    this.#health = new HealthChecker({
      endpoints: () => this.#directory.endpoints(),
      fetch: this.#fetch,
      now: this.#now,
      random: this.#random,
      signal: this.#stopping.signal,
    });
  }

  /**
   * Makes a service known, or gives it new settings.
   * @throws InvalidInputError when a setting is out of its range
   */
  registerService(options: ServiceOptions): Service {
    return this.#directory.registerService(options);
  }

  /**
   * Makes an endpoint known to this process; knowing it already is fine.
   * @throws InvalidInputError when the service is not known or the address is no http(s) address
   */
  registerEndpoint(service: string, url: string): void {
    this.#directory.registerEndpoint(service, url);
  }

  /** Forgets an endpoint; calls that are under way there end as they end. */
  deregisterEndpoint(service: string, url: string): void {
    this.#directory.deregisterEndpoint(service, url);
  }

  /**
   * Calls a service: least loaded healthy endpoint first, another one after a retryable failure.
   * @param service - its name
   * @param fn - the call; an error of it that is not retryable counts as the caller's fault, not the endpoint's
   * @returns what fn gave, or the fallback
   * @throws ServiceUnavailableError NO_ENDPOINT, CIRCUIT_OPEN (with retryAfterSeconds) or REGISTRY_STOPPED;
   *   AgentError of the last try, CALL_ABORTED when `signal` ended the call (or the signal's own WorkflowError)
   */
  async call<T>(service: string, fn: EndpointCall<T>, options: CallOptions<T>): Promise<T> {
    if (this.#stopping.signal.aborted) throw this.#stopping.signal.reason;
    const link = linkSignals([options.signal, this.#stopping.signal]);
    try {
      return await callService(fn, {
        name: service,
        service: () => this.#directory.service(service),
        endpoints: () => this.#directory.endpoints(service),
        refresh: () => this.#refresh(service),
        onFailure: ({ url }, { code }) =>
          this.#log.info("a try failed", { service, url, code, correlationId: options.correlationId }),
        timeoutMs: options.timeoutMs,
        signal: link.signal,
        random: this.#random,
        now: this.#now,
      });
    } catch (error) {
      if (error instanceof Abandoned) throw abortError(error, service);
      // SAFETY: callService throws Abandoned and WorkflowError only; everything else was wrapped by the endpoint.
      return await this.#fallBack(service, error as WorkflowError, options);
    } finally {
      link.dispose();
    }
  }

  /**
   * Posts JSON to an endpoint of a service and parses its answer.
   * @param service - its name
   * @param path - added to the endpoint's address, such as `/turn`
   * @param body - what is sent, as JSON
   * @throws as `call`; see postJson for the codes of bad answers
   */
  async callJson<T>(service: string, path: string, body: unknown, options: CallJsonOptions<T>): Promise<T> {
    const { responseSchema, correlationId } = options;
    const request = { path, body: JSON.stringify(body), correlationId, responseSchema, fetch: this.#fetch };
    return await this.call(service, (endpoint, signal) => postJson(endpoint, { ...request, signal }), options);
  }

  /**
   * Starts health checks in rounds, and soon after trouble. A second start replaces the first; `stop` ends them.
   * @param options - time between two rounds, give or take a tenth
   */
  startHealthChecks(options: { readonly intervalMs?: number } = {}): void {
    if (!this.#stopping.signal.aborted) this.#health.start(options.intervalMs ?? HEALTH_INTERVAL_MS);
  }

  /** Checks the health of every endpoint once, now. */
  async checkHealth(): Promise<void> {
    await this.#health.checkAll();
  }

  /**
   * Takes over what the store knows, after writing what is pending here. Joins a sync that is under way.
   * @throws the store's error when it cannot be read; what is known here stays
   */
  sync(): Promise<void> {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  /** Starts syncs in rounds; one that fails is logged. A second start replaces the first; `stop` ends them. */
  startSync(options: { readonly intervalMs?: number } = {}): void {
    if (this.#stopping.signal.aborted) return;
    this.#endSync?.();
    const intervalMs = options.intervalMs ?? SYNC_INTERVAL_MS;
    this.#endSync = startLoop(() => this.#trySync(), { intervalMs, firstDelayMs: intervalMs, random: this.#random });
  }

  /** What this process knows: services, endpoints, breakers, counts, latencies. */
  status(): RegistryStatus {
    return {
      lastSyncAt: isoTime(this.#syncedAt),
      services: this.#directory
        .services()
        .map((service) =>
          serviceStatus(service, this.#directory.endpoints(service.name), (endpoint) =>
            this.#health.checkedAt(endpoint),
          ),
        ),
    };
  }

  /**
   * Ends the registry: checks and syncs stop, calls that are still under way are aborted, pending state is written.
   * Let calls that matter end first.
   */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#endSync?.();
    this.#health.stop();
    this.#stopping.abort(stoppedError());
    await this.#syncing?.catch(() => undefined);
    await this.#reporter.stop();
    for (const endpoint of this.#directory.endpoints()) endpoint.circuit.stop();
  }

  async #fallBack<T>(service: string, error: WorkflowError, options: CallOptions<T>): Promise<T> {
    if (!options.fallback || !error.retryable) throw error;
    this.#log.warn("no endpoint answered; the fallback does", {
      service,
      correlationId: options.correlationId,
      code: error.code,
    });
    return await options.fallback(error);
  }

  async #sync(): Promise<void> {
    if (!this.#store) return;
    await this.#reporter.flush();
    const askedAt = this.#now();
    this.#syncAskedAt = askedAt;
    const records = await this.#store.listEndpoints();
    if (this.#stopping.signal.aborted) return;
    this.#directory.adopt(records, askedAt);
    this.#syncedAt = this.#now();
  }

  async #trySync(): Promise<void> {
    try {
      await this.sync();
    } catch (error) {
      this.#log.warn("the store of the registry cannot be read; going on with what is known", {
        error: toError(error),
      });
    }
  }

  /** For a call without a usable endpoint: the store may know a new one, an unhealthy one may be back. */
  async #refresh(service: string): Promise<void> {
    const isDue = (at: number) => this.#now() - at >= REFRESH_INTERVAL_MS;
    if (this.#syncing || isDue(this.#syncAskedAt)) await this.#trySync();
    const endpoints = this.#directory.endpoints(service);
    if (endpoints.some(isUsable)) return;
    const unhealthy = endpoints.filter(({ isStale, admits }) => !isStale && admits);
    await Promise.all(
      unhealthy
        .filter((endpoint) => isDue(this.#health.checkedAt(endpoint) ?? 0) || this.#health.isChecking(endpoint))
        .map((endpoint) => this.#health.check(endpoint)),
    );
  }

  #changed(endpoint: Endpoint, what: "health" | "breaker"): void {
    const { service, url, observedHealth: health, breaker, lastError } = endpoint;
    const isGood = what === "health" ? health === "healthy" : breaker === "closed";
    this.#log[isGood ? "info" : "warn"](`the ${what} of an endpoint changed`, {
      service,
      url,
      health,
      breaker,
      lastError,
    });
    this.#reporter.changed(endpoint);
    if (what === "health" && health === "unhealthy") this.#health.recheckSoon(endpoint);
  }
}

/**
 * Makes a registry that knows what the store knows and keeps itself up to date.
 * @param options - as for the constructor, and the intervals in milliseconds; `healthChecks` false starts none (a
 *   process that lives for one request)
 * @returns the registry; also when the store cannot be read now, which is logged and tried again
 */
export async function initializeServiceRegistry(
  options: RegistryOptions & {
    readonly healthChecks?: boolean;
    readonly healthIntervalMs?: number;
    readonly syncIntervalMs?: number;
  },
): Promise<ServiceRegistry> {
  const registry = new ServiceRegistry(options);
  try {
    await registry.sync();
  } catch (error) {
    options.log.warn("the store of the registry cannot be read at the start; it is tried again", {
      error: toError(error),
    });
  }
  registry.startSync({ intervalMs: options.syncIntervalMs ?? SYNC_INTERVAL_MS });
  if (options.healthChecks !== false)
    registry.startHealthChecks({ intervalMs: options.healthIntervalMs ?? HEALTH_INTERVAL_MS });
  return registry;
}

function stoppedError(): ServiceUnavailableError {
  return new ServiceUnavailableError("The service registry of this process has stopped; call through another one.", {
    code: "REGISTRY_STOPPED",
  });
}
