// Tells histories: a small queue that behaves as it should, with a switch for each way in which it might not.
import type { DeadLetter, History, LaneEvent, Note } from "../src/history/history.ts";
import type { NewNote } from "../src/history/witness.ts";

/** The id of every message that always fails. Others succeed. */
export const DOOMED = 666;
const MAX_TRIES = 2;
const LEASE_MS = 10;

/** One step of a random history. */
export interface Move {
  readonly lane: string;
  readonly act: "enqueue" | "claim" | "complete" | "fail" | "hold" | "extend" | "wait";
  readonly size: number;
}

interface Lane {
  tail: number;
  cursor: number;
  tries: number;
  notBefore: number;
  readonly ids: number[];
  lease: { readonly token: number; readonly upto: number; until: number } | undefined;
}

interface ClaimSwitches {
  /** The first message; default: the one behind the cursor. */
  readonly from?: number;
  /** Handled in the wrong order. */
  readonly turned?: boolean;
  /** Never handled. */
  readonly silent?: boolean;
}

interface FailSwitches {
  readonly outcome?: "retry" | "dead";
  readonly reason?: string | undefined;
  /** The next try comes before its time. */
  readonly early?: boolean;
}

/** A history in the making. Every step takes a millisecond. */
export class Tale {
  readonly #events: LaneEvent[] = [];
  readonly #notes: Note[] = [];
  readonly #dead: DeadLetter[] = [];
  readonly #lanes = new Map<string, Lane>();
  #clock = 0;
  #calls = 0;
  #token = 0;

  /** Plays random moves, leaving out those that are not possible, and finishes the work. */
  static of(moves: readonly Move[]): Tale {
    const tale = new Tale();
    for (const move of moves) tale.#play(move);
    tale.#finish();
    return tale;
  }

  history(): History {
    const waiting = [...this.#lanes].flatMap(([lane, { cursor, tail }]) =>
      Array.from({ length: tail - cursor }, (_, index) => ({ lane, seq: cursor + 1 + index })),
    );
    const tails = [...this.#lanes].map(([lane, { tail }]) => ({ lane, tail }));
    return {
      events: this.#events,
      notes: this.#notes,
      end: { waiting, dead: this.#dead, tails },
      rules: {
        maxTries: MAX_TRIES,
        perLane: 3,
        expected: (id) => (id === DOOMED ? "dead" : "completed"),
        reason: (id) => `failure of ${id}`,
      },
    };
  }

  enqueue(name: string, id: number, end: "commit" | "rollback" = "commit"): this {
    const lane = this.#lane(name);
    lane.tail += 1;
    lane.ids[lane.tail] = id;
    const call = this.#call(name, { kind: "enqueue", seq: lane.tail, id });
    this.#note({ note: end, calls: [call] });
    return this;
  }

  /** Gives a number out to nobody. */
  skip(name: string): this {
    this.#lane(name).tail += 1;
    return this;
  }

  /** An enqueue whose commit was reported and that is not there. */
  acknowledged(name: string): this {
    this.#calls += 1;
    this.#note({ note: "call", call: this.#calls, kind: "enqueue", lane: name });
    this.#note({ note: "commit", calls: [this.#calls] });
    return this;
  }

  /** Hands up to three messages out. */
  claim(name: string, switches: ClaimSwitches = {}): this {
    const lane = this.#lane(name);
    this.#clock = Math.max(this.#clock, lane.notBefore);
    lane.notBefore = 0;
    const from = switches.from ?? lane.cursor + 1;
    const upto = Math.min(lane.tail, from + 2);
    const seqs = Array.from({ length: upto - from + 1 }, (_, index) => from + index);
    this.#token += 1;
    lane.tries += 1;
    lane.lease = { token: this.#token, upto, until: this.#clock + LEASE_MS };
    const ids = seqs.map((seq) => lane.ids[seq] ?? 0);
    this.#call(name, { kind: "claim", token: this.#token, tries: lane.tries, seqs, ids, leaseUs: LEASE_MS * 1000 });
    if (switches.silent === true) return this;
    for (const seq of switches.turned === true ? seqs.toReversed() : seqs)
      for (const note of ["begin", "end"] as const)
        this.#note({ note, lane: name, token: this.#token, seq, id: lane.ids[seq] ?? 0 });
    return this;
  }

  complete(name: string, count: number, token = this.#tokenOf(name)): this {
    const lane = this.#lane(name);
    const upto = lane.cursor + count;
    this.#call(name, { kind: "complete", token, upto });
    this.#moveOn(lane, upto);
    return this;
  }

  /** The head fails: again later, or dead after its last try. */
  fail(name: string, switches: FailSwitches = {}): this {
    const lane = this.#lane(name);
    if (lane.lease === undefined) this.claim(name);
    const outcome = switches.outcome ?? (lane.tries >= MAX_TRIES ? "dead" : "retry");
    const seq = lane.cursor + 1;
    const id = lane.ids[seq] ?? 0;
    const [token, afterUs] = [this.#tokenOf(name), 3000];
    const at = this.#clock;
    this.#call(name, { kind: "retry", token, upto: seq, maxTries: MAX_TRIES, outcome, afterUs });
    lane.lease = undefined;
    lane.notBefore = switches.early === true ? 0 : at + 3;
    if (outcome === "retry") return this;
    const reason = "reason" in switches ? switches.reason : `failure of ${id}`;
    if (reason !== undefined) this.#dead.push({ lane: name, seq, id, tries: lane.tries, reason });
    this.#moveOn(lane, seq);
    return this;
  }

  hold(name: string): this {
    const lane = this.#lane(name);
    this.#call(name, { kind: "hold", token: this.#tokenOf(name), untilUs: (this.#clock + 2) * 1000 });
    lane.notBefore = this.#clock + 2;
    lane.tries -= 1;
    lane.lease = undefined;
    return this;
  }

  extend(name: string, token = this.#tokenOf(name)): this {
    const { lease } = this.#lane(name);
    if (lease !== undefined) lease.until = this.#clock + LEASE_MS;
    this.#call(name, { kind: "extend", token, leaseUs: LEASE_MS * 1000 });
    return this;
  }

  /** A completion that was refused. */
  refused(name: string, token: number): this {
    this.#calls += 1;
    this.#note({ note: "call", call: this.#calls, kind: "complete", lane: name, token });
    this.#note({ note: "reply", call: this.#calls, code: "SB001", rows: 0 });
    return this;
  }

  wait(milliseconds: number): this {
    this.#clock += milliseconds;
    return this;
  }

  /** Loses what was noted about the last call. */
  forget(): this {
    const last = this.#notes.findLastIndex(({ note }) => note === "call");
    this.#notes.splice(last, 1);
    return this;
  }

  #play({ lane: name, act, size }: Move): void {
    const lane = this.#lane(name);
    if (act === "enqueue") this.enqueue(name, size === 3 ? DOOMED : lane.tail + 1);
    else if (act === "wait") this.wait(size * 6);
    else if (act === "claim") {
      if (lane.cursor < lane.tail && (lane.lease?.until ?? 0) <= this.#clock) this.claim(name);
    } else if (lane.lease === undefined) return;
    else if (act === "hold" || act === "extend") this[act](name);
    else this.#end(name, size);
  }

  /** Ends the lease as it has to: what works up to the next failure is completed, a head that fails fails. */
  #end(name: string, most: number): void {
    const lane = this.#lane(name);
    const { upto = 0 } = lane.lease ?? {};
    const ids = lane.ids.slice(lane.cursor + 1, upto + 1);
    const works = ids.includes(DOOMED) ? ids.indexOf(DOOMED) : ids.length;
    if (works === 0) this.fail(name);
    else this.complete(name, Math.max(1, Math.min(works, most)));
  }

  #finish(): void {
    for (const [name, lane] of this.#lanes)
      while (lane.cursor < lane.tail) {
        if (lane.lease === undefined) this.claim(name);
        this.#end(name, 3);
      }
  }

  #lane(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const made: Lane = { tail: 0, cursor: 0, tries: 0, notBefore: 0, ids: [], lease: undefined };
    this.#lanes.set(name, made);
    return made;
  }

  #tokenOf(name: string): number {
    return this.#lane(name).lease?.token ?? 0;
  }

  #moveOn(lane: Lane, upto: number): void {
    lane.cursor = upto;
    lane.tries = 0;
    lane.notBefore = 0;
    lane.lease = undefined;
  }

  /** A call that was made, committed and answered. */
  #call(lane: string, event: Partial<LaneEvent> & Pick<LaneEvent, "kind">): number {
    this.#calls += 1;
    const [call, us] = [this.#calls, this.#clock * 1000];
    const base = { n: this.#events.length + 1, process: "p", call, lane, beganUs: us, atUs: us };
    const token = "token" in event && event.kind !== "claim" ? { token: event.token } : {};
    // SAFETY, twice: every caller gives the fields of the event's kind.
    this.#note({ note: "call", call, kind: event.kind, lane, ...token } as NewNote);
    this.#events.push({ ...base, ...event } as LaneEvent);
    this.#note({ note: "reply", call, code: "ok", rows: 1 });
    this.#clock += 1;
    return call;
  }

  #note(note: NewNote): void {
    this.#notes.push({ process: "p", t: this.#clock, ...note });
  }
}
