// Health checks: GET <endpoint>/health of every endpoint now and then, soon again after trouble.
import type { Endpoint } from "./endpoint.ts";
import { isUnreachable } from "./failure.ts";
import { startLoop } from "./loop.ts";
import { endpointUrl } from "./service.ts";
import { unref, withTimeout } from "./signals.ts";

const CHECK_TIMEOUT_MS = 5_000;
/** First wait before an endpoint in trouble is looked at again; doubles up to the interval of the rounds. */
const RECHECK_MS = 1_000;
/** Checks at a time within a round. */
const ROUND_WIDTH = 16;

/** What the checker needs. */
export interface HealthCheckerOptions {
  /** The endpoints as they are now. */
  readonly endpoints: () => readonly Endpoint[];
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly random: () => number;
  /** Ends checks that are under way. */
  readonly signal: AbortSignal;
}

type Finding = { readonly health: "healthy" } | { readonly health: "unhealthy" | "late"; readonly error: string };

/** Checks endpoints; one check of an endpoint at a time. */
export class HealthChecker {
  readonly #options: HealthCheckerOptions;
  readonly #running = new Map<Endpoint, Promise<void>>();
  readonly #checkedAt = new WeakMap<Endpoint, number>();
  readonly #late = new WeakSet<Endpoint>();
  readonly #rechecks = new Map<
    Endpoint,
    { readonly delayMs: number; timer: ReturnType<typeof setTimeout> | undefined }
  >();
  #intervalMs = 0;
  #endLoop: (() => void) | undefined;

  constructor(options: HealthCheckerOptions) {
    this.#options = options;
  }

  /** Starts the rounds; a second start replaces the first. */
  start(intervalMs: number): void {
    this.stop();
    this.#intervalMs = intervalMs;
    this.#endLoop = startLoop(() => this.checkAll(), { intervalMs, random: this.#options.random });
  }

  /** Ends the rounds and all planned checks. */
  stop(): void {
    this.#endLoop?.();
    this.#endLoop = undefined;
    for (const { timer } of this.#rechecks.values()) clearTimeout(timer);
    this.#rechecks.clear();
  }

  /** When the endpoint was last asked, milliseconds since 1970. */
  checkedAt(endpoint: Endpoint): number | undefined {
    return this.#checkedAt.get(endpoint);
  }

  /** Whether a check of the endpoint is under way. */
  isChecking(endpoint: Endpoint): boolean {
    return this.#running.has(endpoint);
  }

  /** Checks every endpoint once. */
  async checkAll(): Promise<void> {
    const endpoints = this.#options.endpoints();
    for (let at = 0; at < endpoints.length; at += ROUND_WIDTH)
      await Promise.all(endpoints.slice(at, at + ROUND_WIDTH).map((endpoint) => this.check(endpoint)));
  }

  /**
   * Checks an endpoint, or joins the check that is under way.
   * @returns when the finding is noted; never throws
   */
  check(endpoint: Endpoint): Promise<void> {
    const running = this.#running.get(endpoint);
    if (running) return running;
    this.#checkedAt.set(endpoint, this.#options.now());
    const check = this.#ask(endpoint)
      .then((finding) => finding && this.#note(endpoint, finding))
      .finally(() => this.#running.delete(endpoint));
    this.#running.set(endpoint, check);
    return check;
  }

  /** Plans a check soon, because a call met trouble there. Only while rounds run: an edge function plans nothing. */
  recheckSoon(endpoint: Endpoint): void {
    if (this.#rechecks.get(endpoint)?.timer === undefined) this.#plan(endpoint, RECHECK_MS);
  }

  #plan(endpoint: Endpoint, delayMs: number): void {
    clearTimeout(this.#rechecks.get(endpoint)?.timer);
    this.#rechecks.delete(endpoint);
    const isKnown = this.#options.endpoints().includes(endpoint);
    if (!this.#endLoop || !isKnown || delayMs >= this.#intervalMs) return;
    const recheck: { delayMs: number; timer: ReturnType<typeof setTimeout> | undefined } = {
      delayMs,
      timer: undefined,
    };
    recheck.timer = setTimeout(
      () => {
        recheck.timer = undefined;
        void this.check(endpoint);
      },
      delayMs * (0.9 + 0.2 * this.#options.random()),
    );
    unref(recheck.timer);
    this.#rechecks.set(endpoint, recheck);
  }

  #note(endpoint: Endpoint, finding: Finding): void {
    if (finding.health === "healthy") {
      this.#late.delete(endpoint);
      clearTimeout(this.#rechecks.get(endpoint)?.timer);
      this.#rechecks.delete(endpoint);
      endpoint.observe("healthy");
      return;
    }
    // One late answer can be this process's own slowness; the second in a row is the endpoint's.
    if (finding.health === "unhealthy" || this.#late.has(endpoint)) endpoint.observe("unhealthy", finding.error);
    if (finding.health === "late") this.#late.add(endpoint);
    this.#plan(endpoint, 2 * (this.#rechecks.get(endpoint)?.delayMs ?? RECHECK_MS / 2));
  }

  async #ask(endpoint: Endpoint): Promise<Finding | undefined> {
    const { fetch, signal } = this.#options;
    const late = new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`);
    try {
      const response = await withTimeout(
        async (limited) => await fetch(endpointUrl(endpoint.url, "/health"), { signal: limited, redirect: "manual" }),
        { timeoutMs: CHECK_TIMEOUT_MS, timeoutError: () => late, signal },
      );
      // The answer's text is of no interest; letting go of it frees the connection.
      await response.body?.cancel();
      return response.ok ? { health: "healthy" } : { health: "unhealthy", error: `HEALTH_STATUS_${response.status}` };
    } catch (error) {
      // The registry stopped: nothing was found out.
      if (signal.aborted) return undefined;
      if (error === late) return { health: "late", error: "HEALTH_TIMEOUT" };
      return { health: "unhealthy", error: isUnreachable(error) ? "AGENT_UNREACHABLE" : "HEALTH_FAILED" };
    }
  }
}
