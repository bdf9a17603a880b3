// Posts webhooks to the business: several at once, in order for one customer as far as that goes, retried until they are
// answered 200, and as unreliable as chaos wants.
import type { Chaos } from "../chaos.ts";
import type { Stats } from "../stats.ts";
import { Timers } from "../timers.ts";
import { type Change, envelope } from "./envelope.ts";
import { type Answer, post } from "./post.ts";
import { escapedJson, signature } from "./sign.ts";

/** How one POST went; `status` 0 means that there was no answer. */
export type Attempt =
  | { readonly kind: "posted"; readonly attempt: number }
  | { readonly kind: "answered"; readonly attempt: number; readonly status: number; readonly ms: number };

/** One change to deliver. */
export type Outgoing = {
  readonly change: Change;
  readonly url: string;
  /** Changes of one lane are posted one after the other, as long as nothing fails and nothing is shuffled. */
  readonly lane: string;
  readonly onAttempt?: (attempt: Attempt) => void;
};

type Job = {
  readonly url: string;
  readonly body: string;
  readonly lane: string | undefined;
  readonly observers: readonly ((attempt: Attempt) => void)[];
  readonly since: number;
  /** Not posted before that time, in ms. */
  readonly due: number;
  attempts: number;
};

const DAY_MS = 86_400_000;
const GIVE_UP_MS = 7 * DAY_MS;
const REORDER_MS = { min: 0, max: 400 };
const COPY_MS = { min: 0, max: 300 };

/** The queue of webhooks. */
export class Delivery {
  readonly #chaos: Chaos;
  readonly #stats: () => Stats;
  readonly #secret: string;
  readonly #timers = new Timers();
  readonly #lanes = new Map<string, Job[]>();
  #waiting: Job[] = [];
  #batch: Outgoing[] = [];
  #inFlight = 0;
  #abort = new AbortController();

  /** @param secret - the Meta app's secret that signs the bodies */
  constructor(chaos: Chaos, stats: () => Stats, secret: string) {
    this.#chaos = chaos;
    this.#stats = stats;
    this.#secret = secret;
  }

  /** Webhooks that are not answered yet and not waiting for a retry. */
  get pending(): { readonly waiting: number; readonly inFlight: number } {
    let waiting = this.#waiting.length + this.#batch.length;
    for (const jobs of this.#lanes.values()) waiting += jobs.length;
    return { waiting, inFlight: this.#inFlight };
  }

  /** Takes a change over; it is posted soon, or never when chaos drops it. */
  enqueue(outgoing: Outgoing): void {
    const { dropProbability, batch } = this.#chaos.settings;
    if (this.#dropped(dropProbability)) return;
    if (batch.size <= 1) {
      this.#schedule([outgoing]);
      return;
    }
    this.#batch.push(outgoing);
    if (this.#batch.length >= batch.size) this.#flush();
    else if (this.#batch.length === 1) this.#timers.after(batch.windowMs, () => this.#flush());
  }

  /** Takes changes over that share one webhook. */
  enqueueTogether(items: readonly Outgoing[]): void {
    const { dropProbability } = this.#chaos.settings;
    const kept = items.filter(() => !this.#dropped(dropProbability));
    this.#schedule(kept);
  }

  /**
   * Posts any JSON value once, signed, and hands back the answer.
   * @throws when there is no answer
   */
  postRaw(url: string, value: unknown): Promise<Answer> {
    return this.#post(url, escapedJson(value));
  }

  /** Forgets everything that is not delivered yet and ends what is on its way. */
  clear(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#timers.clear();
    this.#lanes.clear();
    this.#waiting = [];
    this.#batch = [];
  }

  #dropped(probability: number): boolean {
    if (!this.#chaos.webhookDice.chance(probability)) return false;
    this.#stats().webhooksDropped += 1;
    return true;
  }

  #flush(): void {
    const byUrl = Map.groupBy(this.#batch, (item) => item.url);
    this.#batch = [];
    for (const items of byUrl.values()) this.#schedule(items);
  }

  #schedule(items: readonly Outgoing[]): void {
    const first = items[0];
    if (first === undefined) return;
    const { duplicate, duplicateProbability, reorder, delayMs } = this.#chaos.settings;
    const dice = this.#chaos.webhookDice;
    const now = Date.now();
    const delay = dice.within(delayMs) + (reorder ? dice.within(REORDER_MS) : 0);
    const job: Job = {
      url: first.url,
      body: escapedJson(envelope(items.map((item) => item.change))),
      lane: reorder || items.length > 1 ? undefined : first.lane,
      observers: items.flatMap((item) => item.onAttempt ?? []),
      since: now,
      due: now + delay,
      attempts: 0,
    };
    this.#enterLane(job);
    if (duplicate === 0 || !dice.chance(duplicateProbability)) return;
    for (let copy = 0; copy < duplicate; copy += 1) {
      this.#stats().webhookCopies += 1;
      const copied: Job = { ...job, lane: undefined, observers: [], attempts: 0 };
      this.#timers.after(delay + dice.within(COPY_MS), () => this.#enterSlot(copied));
    }
  }

  #later(delay: number, action: () => void): void {
    if (delay <= 0) action();
    else this.#timers.after(delay, action);
  }

  /** Whoever is first in a lane waits for its time and is posted; the others stay behind it. */
  #enterLane(job: Job): void {
    const behind = job.lane === undefined ? undefined : this.#lanes.get(job.lane);
    if (behind !== undefined) {
      behind.push(job);
      return;
    }
    if (job.lane !== undefined) this.#lanes.set(job.lane, []);
    this.#later(job.due - Date.now(), () => this.#enterSlot(job));
  }

  #leaveLane(lane: string): void {
    const next = this.#lanes.get(lane)?.shift();
    if (next === undefined) this.#lanes.delete(lane);
    else this.#later(next.due - Date.now(), () => this.#enterSlot(next));
  }

  #enterSlot(job: Job): void {
    if (this.#inFlight >= this.#chaos.settings.maxInFlight) this.#waiting.push(job);
    else void this.#attempt(job);
  }

  async #attempt(job: Job): Promise<void> {
    const { signal } = this.#abort;
    this.#inFlight += 1;
    const status = await this.#try(job);
    this.#inFlight -= 1;
    if (signal.aborted) return;
    if (status !== 200) this.#retry(job);
    if (job.lane !== undefined && job.attempts === 1) this.#leaveLane(job.lane);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#enterSlot(next);
  }

  async #try(job: Job): Promise<number> {
    const stats = this.#stats();
    const started = performance.now();
    job.attempts += 1;
    const attempt = job.attempts;
    stats.webhooksPosted += 1;
    if (attempt > 1) stats.webhookRetries += 1;
    for (const tell of job.observers) tell({ kind: "posted", attempt });
    const status = await this.#statusOf(job);
    if (status === 200) stats.webhooksAccepted += 1;
    else stats.webhooksRefused += 1;
    const ms = Math.round(performance.now() - started);
    for (const tell of job.observers) tell({ kind: "answered", attempt, status, ms });
    return status;
  }

  async #statusOf(job: Job): Promise<number> {
    try {
      return (await this.#post(job.url, job.body)).status;
    } catch {
      return 0; // no answer: counted as refused, and retried
    }
  }

  #retry(job: Job): void {
    if (Date.now() - job.since > GIVE_UP_MS) return;
    const { firstMs, maxMs } = this.#chaos.settings.retry;
    const wait = Math.min(maxMs, firstMs * 2 ** (job.attempts - 1));
    this.#timers.after(wait * (0.75 + Math.random() / 2), () => this.#enterSlot(job));
  }

  #post(url: string, body: string): Promise<Answer> {
    const headers = {
      "content-type": "application/json",
      "user-agent": "facebookexternalua",
      accept: "*/*",
      "x-hub-signature-256": signature(this.#secret, body),
    };
    return post(url, body, { headers, signal: this.#abort.signal });
  }
}
