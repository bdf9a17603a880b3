// The work that is measured: the same payload for everybody, and a witness that sees whether each piece was handled
// once and each lane in order.
import { createHash } from "node:crypto";

/** A piece of work as it lies in the payload. */
export interface Work {
  readonly id: number;
  readonly lane: number;
  /** Its place in the lane, from 0. */
  readonly n: number;
  readonly text: string;
  /** Not wanted: it only lies around. */
  readonly behind?: boolean;
}

/** How much work, and how it is spread. */
export interface Load {
  readonly jobs: number;
  readonly lanes: number;
  /** Whether contenders have to keep each lane's order; else a contender may forget the lanes. */
  readonly ordered: boolean;
}

/** A typical message. */
export const TEXT = "hello from a whatsapp conversation, this is a typical message";

/** The piece of work number `id`: lanes take turns. */
export function workOf(id: number, lanes: number): Work {
  return { id, lane: id % lanes, n: Math.floor(id / lanes), text: TEXT };
}

/** All work of a load, in chunks that hold no lane twice when the order counts: a peer breaks ties within a call at random. */
export function* chunksOf({ jobs, lanes, ordered }: Load): Generator<Work[]> {
  const size = ordered ? Math.min(1000, lanes) : 1000;
  for (let from = 0; from < jobs; from += size)
    yield Array.from({ length: Math.min(size, jobs - from) }, (_, i) => workOf(from + i, lanes));
}

/** The uuid of a lane, spread at random over the key space as real ones are. `md5('lane <n>')::uuid` in SQL. */
export function laneId(lane: number): string {
  const hex = createHash("md5").update(`lane ${lane}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** What a witness saw. */
export interface Seen {
  /** Wanted pieces handled. */
  readonly handled: number;
  /** Pieces that only lay around and were handled as well. */
  readonly behind: number;
  /** Pieces handled more than once. */
  readonly twice: number;
  /** Pieces handled out of their lane's order. */
  readonly disorder: number;
  /** Pieces begun while another of their lane was in hand. */
  readonly overlaps: number;
}

/** Watches a drain. */
export class Witness {
  readonly #load: Load;
  readonly #times: Uint8Array;
  readonly #last: Int32Array;
  readonly #busy: Uint8Array;
  #handled = 0;
  #behind = 0;
  #twice = 0;
  #disorder = 0;
  #overlaps = 0;

  constructor(load: Load) {
    this.#load = load;
    this.#times = new Uint8Array(load.jobs);
    this.#last = new Int32Array(load.lanes).fill(-1);
    this.#busy = new Uint8Array(load.lanes);
  }

  /** A handler has begun. */
  begin(work: Work): void {
    if (work.behind === true || !this.#load.ordered) return;
    if (this.#busy[work.lane] === 1) this.#overlaps++;
    this.#busy[work.lane] = 1;
    if (work.n !== (this.#last[work.lane] ?? Number.NaN) + 1) this.#disorder++;
    this.#last[work.lane] = work.n;
  }

  /** A handler has ended. */
  end(work: Work): void {
    if (work.behind === true) {
      this.#behind++;
      return;
    }
    if (this.#load.ordered) this.#busy[work.lane] = 0;
    const times = (this.#times[work.id] ?? 0) + 1;
    this.#times[work.id] = times;
    if (times === 1) this.#handled++;
    else this.#twice++;
  }

  /** Whether all that is wanted was handled. */
  get isComplete(): boolean {
    return this.#handled >= this.#load.jobs;
  }

  get seen(): Seen {
    return {
      handled: this.#handled,
      behind: this.#behind,
      twice: this.#twice,
      disorder: this.#disorder,
      overlaps: this.#overlaps,
    };
  }
}
