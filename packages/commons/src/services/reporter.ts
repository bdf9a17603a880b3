// Writes what this process found out about endpoints to the store: collected for a moment, never in the way of a call.
import { toError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Endpoint } from "./endpoint.ts";
import { unref } from "./signals.ts";
import type { RegistryStore } from "./store.ts";

const DEBOUNCE_MS = 200;

/** Collects changed endpoints and writes each one's latest state. */
export class StateReporter {
  readonly #store: RegistryStore | undefined;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #changed = new Set<Endpoint>();
  #isStopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushing: Promise<void> | undefined;

  constructor(store: RegistryStore | undefined, options: { readonly log: Logger; readonly now: () => number }) {
    this.#store = store;
    this.#log = options.log;
    this.#now = options.now;
  }

  /** Whether the store does not know this endpoint's state yet. */
  isPending(endpoint: Endpoint): boolean {
    return this.#changed.has(endpoint);
  }

  /** Notes a change; it is written together with those of the next moment. */
  changed(endpoint: Endpoint): void {
    if (!this.#store || this.#isStopped) return;
    this.#changed.add(endpoint);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.flush(), DEBOUNCE_MS);
    unref(this.#timer);
  }

  /** Leaves out an endpoint that is gone. */
  forget(endpoint: Endpoint): void {
    this.#changed.delete(endpoint);
  }

  /** Writes what is pending. Never throws: what could not be written is logged and waits for the next flush. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#flushing;
    if (this.#changed.size === 0) return;
    this.#flushing ??= this.#writeAll().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  /** Writes what is pending, and takes no changes any more. */
  async stop(): Promise<void> {
    await this.flush();
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#changed.clear();
  }

  async #writeAll(): Promise<void> {
    const endpoints = [...this.#changed];
    this.#changed.clear();
    await Promise.all(endpoints.map((endpoint) => this.#write(endpoint)));
  }

  async #write(endpoint: Endpoint): Promise<void> {
    const { service, url, observedHealth: health, breaker, lastError } = endpoint;
    const isBad = health === "unhealthy" || breaker !== "closed";
    try {
      await this.#store?.reportEndpoint(service, url, {
        health,
        breaker,
        ...(isBad && lastError !== null ? { error: lastError } : {}),
      });
      endpoint.touchedAt = this.#now();
    } catch (error) {
      this.#changed.add(endpoint);
      this.#log.warn("the state of an endpoint could not be written; it is tried again at the next change or sync", {
        service,
        url,
        error: toError(error),
      });
    }
  }
}
