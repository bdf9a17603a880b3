// The lease of one claimed lane, kept alive while its handler works.
import type { Database } from "../db/database.ts";
import { type ClaimedLane, extendLease } from "../db/queue.ts";
import { StaleLeaseError, toError } from "../errors.ts";
import type { Logger } from "../log.ts";

/** What keeping a lease needs. */
export interface LeaseOptions {
  readonly db: Database;
  readonly log: Logger;
  readonly leaseSeconds: number;
}

/**
 * Extends the lease of a lane three times within its length, until it is ended. While Postgres is away it only goes on
 * trying: nobody else can take the lane then, and a handler's answer may still be in time when Postgres is back.
 */
export class Lease {
  readonly #lane: ClaimedLane;
  readonly #options: LeaseOptions;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(lane: ClaimedLane, options: LeaseOptions) {
    this.#lane = lane;
    this.#options = options;
    this.#extendLater();
  }

  /** Aborted when the lane is lost or must be let go. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether another worker has the lane. */
  get isLost(): boolean {
    return this.signal.reason instanceof StaleLeaseError;
  }

  /** Ends the handler: the worker stops. */
  letGo(): void {
    this.#controller.abort();
  }

  /** Extends no more. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #extendLater(): void {
    if (this.#ended) return;
    this.#timer = setTimeout(() => void this.#extend(), (this.#options.leaseSeconds * 1000) / 3);
  }

  async #extend(): Promise<void> {
    const { db, log, leaseSeconds } = this.#options;
    try {
      await extendLease(db, this.#lane, leaseSeconds);
    } catch (error) {
      // The handler's own last write ends the lease; that it is stale then is no news.
      if (this.#ended) return;
      if (error instanceof StaleLeaseError) return this.#controller.abort(error);
      log.warn("a lease could not be extended", {
        laneId: this.#lane.laneId,
        correlationId: this.#lane.messages[0]?.correlationId,
        error: toError(error),
      });
    }
    this.#extendLater();
  }
}
