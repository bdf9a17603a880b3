// Notices that a customer has written more while the agent works on an answer that would be dropped then, so that the call
// can be ended early. One look a second for all turns in hand; no connection is held between.
import type { Database } from "../db/database.ts";
import type { ClaimedLane } from "../db/queue.ts";
import { supersededTurns } from "../db/turns.ts";
import { toError } from "../errors.ts";
import type { Logger } from "../log.ts";

/** Between two looks, in milliseconds; a turn that ends sooner costs none. */
const LOOK_MS = 1_000;

/** One turn under watch. */
export interface WatchedTurn {
  /** Aborted when the turn is superseded. */
  readonly signal: AbortSignal;
  /** Watches no more. */
  end(): void;
}

interface Entry {
  readonly lane: ClaimedLane;
  readonly upto: number;
  readonly controller: AbortController;
}

/** The turns that this process has in hand. */
export class TurnWatch {
  readonly #db: Database;
  readonly #log: Logger;
  readonly #lookMs: number;
  readonly #entries = new Set<Entry>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(db: Database, { log, lookMs = LOOK_MS }: { readonly log: Logger; readonly lookMs?: number }) {
    this.#db = db;
    this.#log = log;
    this.#lookMs = lookMs;
  }

  /** Watches the turn of a leased lane up to `upto` until it is ended. */
  begin(lane: ClaimedLane, upto: number): WatchedTurn {
    const entry = { lane, upto, controller: new AbortController() };
    this.#entries.add(entry);
    this.#timer ??= this.#lookLater();
    return {
      signal: entry.controller.signal,
      end: () => {
        this.#entries.delete(entry);
        if (this.#entries.size > 0) return;
        clearTimeout(this.#timer);
        this.#timer = undefined;
      },
    };
  }

  #lookLater(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(async () => {
      await this.#look();
      // Meanwhile the last turn may have ended, and another one set a timer of its own.
      if (this.#timer === timer) this.#timer = this.#entries.size > 0 ? this.#lookLater() : undefined;
    }, this.#lookMs);
    return timer;
  }

  /** Never rejects: without a look the answer is dropped when it is stored. */
  async #look(): Promise<void> {
    for (const [shard, entries] of Map.groupBy(this.#entries, ({ lane }) => lane.shard)) {
      try {
        const turns = entries.map(({ lane, upto }) => ({ laneId: lane.laneId, upto }));
        const superseded = new Set(await supersededTurns(this.#db, shard, turns));
        for (const { lane, controller } of entries) if (superseded.has(lane.laneId)) controller.abort();
      } catch (error) {
        this.#log.warn("could not look for superseded turns", {
          shard,
          error: toError(error),
        });
      }
    }
  }
}
