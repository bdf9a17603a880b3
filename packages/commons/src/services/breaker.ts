// The circuit breaker of one endpoint: opossum, plus what a breaker that is shared through a store needs: a start from
// a known state, the time of the next try, and errors that prove nothing.
// Facts of opossum 10.0.0 (lib/circuit.js) that this file leans on:
//   - it opens when failures / fires is MORE than errorThresholdPercentage, and fires >= volumeThreshold;
//   - it keeps the options object and reads resetTimeout from it at the moment when it opens;
//   - `halfOpen && pendingClose` means that the one call that may try has not been made yet;
//   - an error that errorFilter accepts counts as a success, in half-open too;
//   - `toJSON().state.lastTimerAt` is the time of construction, not of opening: we keep the time ourselves.
import CircuitBreaker from "opossum";
import type { BreakerPolicy } from "../config.ts";
import type { BreakerState } from "./service.ts";

/** The state that a breaker begins with. */
export type BreakerStart =
  | { readonly state: "closed" }
  | { readonly state: "half_open" }
  | { readonly state: "open"; readonly remainingMs: number };

/** Counts and times of the calls within the window. */
export interface BreakerStats {
  readonly calls: number;
  /** Answers, errors that were the caller's fault among them. */
  readonly successes: number;
  readonly failures: number;
  readonly latencyMs: { readonly mean: number; readonly p50: number; readonly p95: number; readonly p99: number };
}

/** How a breaker is made. */
export interface BreakerOptions {
  readonly name: string;
  readonly policy: BreakerPolicy;
  readonly start: BreakerStart;
  /** `counts`: a failure; `pardoned`: the endpoint works; `unproven`: not counted, but no proof for a half-open breaker. */
  readonly judge: (error: unknown) => "counts" | "pardoned" | "unproven";
  /** Called when calls or the reset timer changed the state, not for `open` and `close`. */
  readonly onChange: (state: BreakerState) => void;
  readonly now: () => number;
}

type Task = () => Promise<unknown>;

/** One endpoint's breaker. */
export class Breaker {
  readonly #policy: BreakerPolicy;
  readonly #settings: { resetTimeout: number };
  readonly #circuit: ReturnType<typeof makeCircuit>;
  readonly #now: () => number;
  readonly #onChange: (state: BreakerState) => void;
  #halfOpensAt: number | undefined;
  #told = false;

  constructor(options: BreakerOptions) {
    const { policy, start } = options;
    this.#policy = policy;
    this.#now = options.now;
    this.#onChange = options.onChange;
    const settings = {
      name: options.name,
      timeout: false as const,
      errorThresholdPercentage: policy.errorThresholdPercentage,
      resetTimeout: start.state === "open" ? start.remainingMs : policy.resetTimeoutMs,
      volumeThreshold: policy.volumeThreshold,
      rollingCountTimeout: policy.windowMs,
      rollingCountBuckets: 10,
      enableSnapshots: false,
      state: { closed: start.state === "closed", halfOpen: start.state === "half_open" },
      errorFilter: (error: unknown) => this.#isPardoned(options.judge(error)),
    };
    this.#settings = settings;
    this.#circuit = makeCircuit(settings);
    if (start.state === "open") this.#halfOpensAt = options.now() + start.remainingMs;
    settings.resetTimeout = policy.resetTimeoutMs;
    this.#circuit.on("open", () => this.#changed("open"));
    this.#circuit.on("halfOpen", () => this.#changed("half_open"));
    this.#circuit.on("close", () => this.#changed("closed"));
  }

  get state(): BreakerState {
    if (this.#circuit.halfOpen) return "half_open";
    return this.#circuit.closed ? "closed" : "open";
  }

  /** Whether a call would pass now: closed, or half-open and nobody is trying. */
  get admits(): boolean {
    return this.#circuit.closed || (this.#circuit.halfOpen && this.#circuit.pendingClose);
  }

  /** When an open breaker half-opens, milliseconds since 1970; undefined when it is not open. */
  get halfOpensAt(): number | undefined {
    return this.state === "open" ? this.#halfOpensAt : undefined;
  }

  /** Counts and latencies of the calls within the window. */
  get stats(): BreakerStats {
    const { fires, successes, failures, latencyMean, percentiles } = this.#circuit.stats;
    const latencyMs = {
      mean: latencyMean,
      p50: percentiles[0.5] ?? 0,
      p95: percentiles[0.95] ?? 0,
      p99: percentiles[0.99] ?? 0,
    };
    return { calls: fires, successes, failures, latencyMs };
  }

  /**
   * Runs a task through the breaker; look at `admits` first.
   * @throws the task's own error, or opossum's error (code EOPENBREAKER) when nothing passes
   */
  async run<T>(task: () => Promise<T>): Promise<T> {
    // SAFETY: the circuit's action is `(task) => task()` and it has no fallback, so it resolves with what the task gave.
    return (await this.#circuit.fire(task)) as T;
  }

  /** Opens, because another process told so; half-opens after `remainingMs`. */
  open(remainingMs: number): void {
    this.#settings.resetTimeout = remainingMs;
    this.#quietly(() => this.#circuit.open());
    this.#settings.resetTimeout = this.#policy.resetTimeoutMs;
  }

  /** Closes, because another process told so. */
  close(): void {
    this.#quietly(() => this.#circuit.close());
  }

  /** Ends the breaker's timers; it admits nothing any more. */
  stop(): void {
    this.#circuit.shutdown();
  }

  #isPardoned(judgement: "counts" | "pardoned" | "unproven"): boolean {
    return judgement === "pardoned" || (judgement === "unproven" && !this.#circuit.halfOpen);
  }

  #changed(state: BreakerState): void {
    this.#halfOpensAt = state === "open" ? this.#now() + this.#settings.resetTimeout : undefined;
    if (!this.#told) this.#onChange(state);
  }

  #quietly(act: () => void): void {
    this.#told = true;
    act();
    this.#told = false;
  }
}

function makeCircuit(settings: { errorThresholdPercentage: number; resetTimeout: number }) {
  return new CircuitBreaker((task: Task) => task(), settings);
}
