// One running copy of a service, as this process knows it: health, breaker, load and counts.
import { WEBHOOK_CONFIG } from "../config.ts";
import type { WorkflowError } from "../errors.ts";
import { Breaker, type BreakerStart } from "./breaker.ts";
import { timeoutError, toWorkflowError, type Verdict, verdictOf } from "./failure.ts";
import type { BreakerState, Health, Service } from "./service.ts";
import { Abandoned, withTimeout } from "./signals.ts";

/** What a call sees of the endpoint it was given. */
export interface EndpointView {
  readonly service: string;
  readonly url: string;
  readonly health: Health;
  readonly breaker: BreakerState;
  readonly inFlight: number;
}

/** Calls since the endpoint became known here. They only grow, so they can be exported as Prometheus counters. */
export interface EndpointCounts {
  calls: number;
  successes: number;
  failures: number;
  /** Failures that were timeouts. */
  timeouts: number;
  callerErrors: number;
  unreachable: number;
  abandoned: number;
}

/** How an endpoint is made. */
export interface EndpointOptions {
  readonly url: string;
  readonly health: Health;
  readonly breaker: BreakerStart;
  readonly now: () => number;
  /** Called when this process found out something that the others should know. */
  readonly onChange: (endpoint: Endpoint, what: "health" | "breaker") => void;
}

const JUDGEMENT = {
  failure: "counts",
  callers_fault: "pardoned",
  unreachable: "unproven",
  abandoned: "unproven",
} as const satisfies Record<Verdict, string>;

/** One running copy of a service. */
export class Endpoint implements EndpointView {
  readonly service: string;
  readonly url: string;
  readonly circuit: Breaker;
  readonly counts: EndpointCounts = {
    calls: 0,
    successes: 0,
    failures: 0,
    timeouts: 0,
    callerErrors: 0,
    unreachable: 0,
    abandoned: 0,
  };
  readonly #now: () => number;
  readonly #onChange: EndpointOptions["onChange"];
  #health: Health;
  #inFlight = 0;
  #adoptedOpen: boolean;
  /** Whether it has not said for too long that it runs; set by the sync. */
  isStale = false;
  heartbeatAt: string | null = null;
  lastError: string | null = null;
  /** When this process itself last found out about the health, milliseconds since 1970. */
  observedAt = 0;
  /** When the last local change happened or was written to the store; a list that was asked for before knows less. */
  touchedAt = Number.NEGATIVE_INFINITY;

  constructor(service: Service, options: EndpointOptions) {
    this.service = service.name;
    this.url = options.url;
    this.#health = options.health;
    this.#now = options.now;
    this.#onChange = options.onChange;
    this.#adoptedOpen = options.breaker.state !== "closed";
    this.circuit = new Breaker({
      name: `${service.name} ${options.url}`,
      policy: WEBHOOK_CONFIG.breakers[service.kind],
      start: options.breaker,
      judge: (error) => JUDGEMENT[verdictOf(error)],
      onChange: (state) => this.#breakerChanged(state),
      now: options.now,
    });
  }

  /** An endpoint without a sign of life counts as unhealthy, whatever was found before. */
  get health(): Health {
    return this.isStale ? "unhealthy" : this.#health;
  }

  /** What was found, staleness left aside: what the store is told. */
  get observedHealth(): Health {
    return this.#health;
  }

  get breaker(): BreakerState {
    return this.circuit.state;
  }

  get admits(): boolean {
    return this.circuit.admits;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * One try: through the breaker, with a time limit.
   * @param fn - the call itself
   * @param limit - milliseconds, and the signal that ends the try early
   * @throws Abandoned when `signal` ended it, WorkflowError otherwise
   */
  async run<T>(
    fn: (endpoint: EndpointView, signal: AbortSignal) => Promise<T>,
    limit: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<T> {
    this.#inFlight += 1;
    this.counts.calls += 1;
    try {
      const answer = await this.circuit.run(() =>
        withTimeout((signal) => fn(this, signal), {
          ...limit,
          timeoutError: () => timeoutError(this.service, limit.timeoutMs),
        }),
      );
      this.counts.successes += 1;
      // Only what was unknown: a copy that is shutting down still answers what it has, and must not look healthy.
      if (this.#health === "unknown") this.observe("healthy");
      return answer;
    } catch (error) {
      throw error instanceof Abandoned
        ? this.#count(error, error)
        : this.#count(error, toWorkflowError(error, this.service));
    } finally {
      this.#inFlight -= 1;
    }
  }

  /**
   * Notes what this process found out about the health.
   * @param error - code of the error behind it
   */
  observe(health: Health, error?: string): void {
    this.observedAt = this.#now();
    this.lastError = error ?? (health === "healthy" ? null : this.lastError);
    if (this.#health === health) return;
    this.#health = health;
    this.#changed("health");
  }

  /** Takes over the health that another process found. */
  adoptHealth(health: Health, lastError: string | null): void {
    this.#health = health;
    this.lastError = lastError;
  }

  /** Takes over that another process opened the breaker. */
  adoptOpen(remainingMs: number): void {
    this.#adoptedOpen = true;
    this.circuit.open(remainingMs);
  }

  #count<E extends Error>(error: unknown, thrown: E): E {
    const verdict = verdictOf(error);
    const code = codeOf(thrown);
    if (verdict === "callers_fault") this.counts.callerErrors += 1;
    else if (verdict === "abandoned") this.counts.abandoned += 1;
    else if (verdict === "unreachable") {
      this.counts.unreachable += 1;
      this.observe("unhealthy", code);
    } else {
      this.counts.failures += 1;
      if (code === "AGENT_TIMEOUT") this.counts.timeouts += 1;
      this.lastError = code;
    }
    return thrown;
  }

  #breakerChanged(state: BreakerState): void {
    // That somebody else's open breaker half-opens here is no news: whoever opened it tells, or the verdict of a call does.
    if (state === "half_open" && this.#adoptedOpen) return;
    this.#adoptedOpen = false;
    this.#changed("breaker");
  }

  #changed(what: "health" | "breaker"): void {
    this.touchedAt = this.#now();
    this.#onChange(this, what);
  }
}

function codeOf(error: Error | WorkflowError): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
