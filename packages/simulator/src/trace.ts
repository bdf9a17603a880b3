// The way of a customer's message, step by step: what the simulator sees from outside, and what Switchboard tells about
// the inside through its SQL function `message_trace`.
import { z } from "zod";
import type { EventHub } from "./events.ts";
import { pause } from "./timers.ts";
import type { TraceStep, TraceView } from "./types.ts";

type Trace = {
  readonly messageId: string;
  readonly customer: string;
  readonly startedAt: number;
  readonly outer: TraceStep[];
  inner: readonly TraceStep[];
};
type Source = { readonly supabaseUrl: string; readonly secretKey: string };

const TRACES_KEPT = 2_000;
const STEPS_KEPT = 200;
const QUICK_POLL_MS = 400;
const QUICK_POLLS_MS = 20_000;
const SLOW_POLL_MS = 2_000;
const POLLS_END_MS = 120_000;

const rows = z.array(
  z.object({
    at: z.string(),
    step: z.string(),
    detail: z.record(z.string(), z.unknown()).nullish(),
  }),
);

/** The traces of the latest messages. */
export class Traces {
  readonly #hub: EventHub;
  readonly #source: Source | undefined;
  readonly #byMessage = new Map<string, Trace>();
  readonly #latest = new Map<string, Trace>();

  /** @param options - `source`: where the inner steps come from; without it there are only outer ones */
  constructor(options: { readonly hub: EventHub; readonly source: Source | undefined }) {
    this.#hub = options.hub;
    this.#source = options.source;
  }

  /** Begins the trace of a message that a customer has just sent. */
  start(messageId: string, customer: string, startedAt: number): void {
    const trace: Trace = { messageId, customer, startedAt, outer: [], inner: [] };
    this.#byMessage.set(messageId, trace);
    this.#latest.set(customer, trace);
    const oldest = this.#byMessage.values().next().value;
    if (this.#byMessage.size > TRACES_KEPT && oldest !== undefined) this.#byMessage.delete(oldest.messageId);
    this.add(messageId, "tapped", {});
    if (this.#hub.attention(customer) === "open") void this.#follow(trace);
  }

  /** Adds an outer step to the trace of a message. */
  add(messageId: string, step: string, detail: Readonly<Record<string, unknown>>): void {
    const trace = this.#byMessage.get(messageId);
    if (trace === undefined || trace.outer.length >= STEPS_KEPT) return;
    trace.outer.push({ at: new Date().toISOString(), source: "phone", step, detail });
    this.#tell(trace);
  }

  /** Adds an outer step to the trace of the customer's latest message: replies belong to what was said last. */
  addToLatest(customer: string, step: string, detail: Readonly<Record<string, unknown>>): void {
    const trace = this.#latest.get(customer);
    if (trace !== undefined) this.add(trace.messageId, step, detail);
  }

  /** The trace of a message as far as it is known; asks the system once when nobody follows it. */
  async view(messageId: string): Promise<TraceView | undefined> {
    const trace = this.#byMessage.get(messageId);
    if (trace === undefined) return undefined;
    await this.#ask(trace);
    return view(trace);
  }

  /** The trace of the customer's latest message. */
  async latest(customer: string): Promise<TraceView | undefined> {
    const trace = this.#latest.get(customer);
    return trace === undefined ? undefined : await this.view(trace.messageId);
  }

  /** Forgets all traces; those that are followed end by themselves. */
  clear(): void {
    this.#byMessage.clear();
    this.#latest.clear();
  }

  async #follow(trace: Trace): Promise<void> {
    if (this.#source === undefined) return;
    while (this.#latest.get(trace.customer) === trace && this.#hub.listening) {
      const age = Date.now() - trace.startedAt;
      if (age > POLLS_END_MS || trace.inner.some((step) => step.step === "status_read")) return;
      await pause(age < QUICK_POLLS_MS ? QUICK_POLL_MS : SLOW_POLL_MS);
      if (await this.#ask(trace)) this.#tell(trace);
    }
  }

  /** Asks the system for its steps; true when there are new ones. A system that cannot answer just adds nothing. */
  async #ask(trace: Trace): Promise<boolean> {
    if (this.#source === undefined) return false;
    const steps = await fetchSteps(this.#source, trace.messageId);
    if (steps === undefined || steps.length === trace.inner.length) return false;
    trace.inner = steps;
    return true;
  }

  #tell(trace: Trace): void {
    if (this.#latest.get(trace.customer) === trace && this.#hub.attention(trace.customer) !== "headless")
      this.#hub.emit({ kind: "trace", trace: view(trace) });
  }
}

function view(trace: Trace): TraceView {
  const steps = [...trace.outer, ...trace.inner].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return {
    message_id: trace.messageId,
    customer: trace.customer,
    started_at: new Date(trace.startedAt).toISOString(),
    steps,
  };
}

async function fetchSteps(source: Source, messageId: string): Promise<TraceStep[] | undefined> {
  try {
    const response = await fetch(`${source.supabaseUrl}/rest/v1/rpc/message_trace`, {
      method: "POST",
      headers: { apikey: source.secretKey, "content-type": "application/json" },
      body: JSON.stringify({ p_provider_message_id: messageId }),
      signal: AbortSignal.timeout(5_000),
    });
    if (!response.ok) return undefined;
    const parsed = rows.parse(await response.json());
    return parsed.map(({ at, step, detail }) => ({
      at: new Date(at).toISOString(),
      source: "system",
      step,
      detail: detail ?? {},
    }));
  } catch {
    return undefined; // the trace is a help for the eye; without an answer the outer steps stand alone
  }
}
