// Watches a lane from outside: what was committed, in its order, and what the protocol promises about it.
import type { Event, Given } from "./session.ts";

/** What is committed of a lane, as a look at the tables shows it. */
export interface LaneRow {
  readonly tail: number;
  readonly idle: number;
  /** Null: the lane has no ready row. */
  readonly done: number | null;
  readonly seqs: readonly number[];
}

/** Keeps the committed events of one schedule. */
export class Witness {
  readonly #broken: string[] = [];
  #enqueued = 0;
  #finished = 0;
  #present: { given: Given; ends: number } | undefined;
  #lastToken = 0n;

  /** The first promise that was broken. */
  get broken(): string | undefined {
    return this.#broken[0];
  }

  /** Notes what a transaction committed. */
  commit(events: readonly Event[]): void {
    for (const event of events) this.#take(event);
  }

  /** Notes anything else that must not be. */
  complain(what: string): void {
    this.#broken.push(what);
  }

  /** Looks at what is committed now. */
  look({ tail, idle, done, seqs }: LaneRow): void {
    const cursor = done ?? idle;
    const expected = Array.from({ length: Math.max(0, tail - cursor) }, (_, index) => cursor + 1 + index);
    const where = `cursor ${cursor}, tail ${tail}, messages ${seqs.join(" ") || "none"}`;
    if (seqs.join() !== expected.join())
      this.complain(`nothing lost: the messages are not those behind the cursor, ${where}`);
    else if (done === null && seqs.length > 0)
      this.complain(`nothing lost: no ready row, so nobody will ever claim it, ${where}`);
    else if (done !== null && seqs.length === 0)
      this.complain(`no claim of nothing: a ready row without messages, ${where}`);
  }

  /** Everything was worked off: whatever was sent must have been completed. */
  end(): void {
    if (this.#finished !== this.#enqueued)
      this.complain(`nothing lost: ${this.#enqueued} were sent, completed up to ${this.#finished}`);
  }

  #take(event: Event): void {
    if (event.what === "enqueued") {
      if (event.seq !== this.#enqueued + 1) this.complain(`gapless: ${event.seq} came after ${this.#enqueued}`);
      this.#enqueued = event.seq;
      return;
    }
    if (event.what === "claimed") {
      this.#claimed(event);
      return;
    }
    if (event.token !== this.#present?.given.token)
      this.complain(
        `no stale token: ${event.what} under ${event.token} was accepted, the lease is ${this.#present?.given.token ?? "nobody's"}`,
      );
    if (event.what === "finished") {
      for (const seq of event.seqs) {
        if (seq !== this.#finished + 1)
          this.complain(`once and in order: ${seq} was completed after ${this.#finished}`);
        this.#finished = seq;
      }
    }
    if (event.what === "extended" && this.#present) this.#present.ends = event.ends;
    else this.#present = undefined;
  }

  #claimed({ given, at, ends }: Extract<Event, { what: "claimed" }>): void {
    if (this.#present !== undefined && this.#present.ends > at)
      this.complain(`one owner at a time: claimed at ${at}, the lease before ends at ${this.#present.ends}`);
    if (given.seqs[0] !== this.#finished + 1)
      this.complain(`in order: a claim brought ${given.seqs.join(" ")} after ${this.#finished}`);
    if (BigInt(given.token) <= this.#lastToken) this.complain("a later lease has the greater token");
    this.#lastToken = BigInt(given.token);
    this.#present = { given, ends };
  }
}
