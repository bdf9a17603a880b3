// Works the lanes of one queue: claims them, runs the handler on each under a lease, gives back what failed. When to
// claim is somebody else's decision: the runner's endless loop (queue-worker.ts) or the function's drain (drain.ts).
// No connection is held while a handler waits for somebody else.
import { z } from "zod";
import { type ClaimedLane, getNextQueueMessage, holdLane, nextQueueAt } from "../db/queue.ts";
import { promoteScheduled } from "../db/queue-admin.ts";
import { type Boundary, withErrorBoundary } from "../error-boundary.ts";
import { DatabaseUnavailableError, StaleLeaseError, toError, WorkflowError } from "../errors.ts";
import type { HandlerContext, LaneHandler } from "../handlers/handler.ts";
import type { Logger } from "../log.ts";
import { Lease } from "./lease.ts";
import { Room } from "./room.ts";

/** Scheduled work whose time has come is moved into its lanes at most this often. */
const PROMOTE_EVERY_MS = 1_000;

/**
 * A claim looks at everything that is due this often, in between at what has become due since the last one; less often
 * when that takes long, so that it takes no more than a twentieth of the time.
 */
const LOOK_AT_ALL_EVERY_MS = 1_000;
const LOOK_AT_ALL_SHARE = 1 / 20;

/** How to work a queue. */
export interface LaneWorkOptions {
  readonly handler: LaneHandler;
  readonly context: HandlerContext;
  /** Lanes at the same time, at most; fewer while Postgres does not keep up. */
  readonly concurrency: number;
  readonly leaseSeconds: number;
  /** The shards to work, in turn. */
  readonly shards: readonly number[];
  /** Told when a lane has ended: there is room for another, and other queues may have got work. */
  readonly onEnd: () => void;
}

/** Counts since the start, for metrics. */
export interface LaneWorkStats {
  /** Lanes in work now, and how many there may be. */
  active: number;
  room: number;
  handled: number;
  failed: number;
  /** Lanes that another worker had taken over. */
  stale: number;
  /** Lanes given back untouched because the worker stopped. */
  heldBack: number;
}

/** The lanes of one queue that this process has in hand. */
export class LaneWork {
  readonly stats: LaneWorkStats = { active: 0, room: 0, handled: 0, failed: 0, stale: 0, heldBack: 0 };
  readonly #options: LaneWorkOptions;
  readonly #log: Logger;
  readonly #room: Room;
  readonly #works = new Set<Promise<void>>();
  readonly #leases = new Set<Lease>();
  #isClosed = false;
  /** The shard that is asked first. */
  #first = 0;
  #promotedAt = Number.NEGATIVE_INFINITY;
  /** Since when something was due in each shard, by the last claim there. */
  readonly #since = new Map<number, string>();
  #lookAtAllAt = Number.NEGATIVE_INFINITY;

  constructor(options: LaneWorkOptions) {
    this.#options = options;
    this.#log = options.context.log.child({ queue: options.handler.queue });
    this.#room = new Room(options.concurrency);
    this.stats.room = this.#room.limit;
  }

  /** Whether another lane may be claimed. */
  get hasRoom(): boolean {
    return this.#works.size < this.#room.limit;
  }

  /**
   * Claims as many lanes as there is room for and sets the handler to work on each. Begins with another shard each
   * time, so that a busy one cannot take all the room for itself.
   * @returns how many lanes were claimed
   * @throws DatabaseUnavailableError; lanes that were claimed before are at work all the same
   */
  async claim(): Promise<number> {
    if (!this.hasRoom) return 0;
    try {
      return await this.#claim();
    } catch (error) {
      this.#judge(error);
      throw error;
    }
  }

  async #claim(): Promise<number> {
    await this.#promote();
    const began = Date.now();
    const looksAtAll = began >= this.#lookAtAllAt;
    if (looksAtAll) this.#since.clear();
    const { handler, context, leaseSeconds, shards } = this.#options;
    let claimed = 0;
    const turned = [...shards.slice(this.#first), ...shards.slice(0, this.#first)];
    this.#first = (this.#first + 1) % shards.length;
    for (const shard of turned) {
      const lanes = this.#room.limit - this.#works.size;
      if (lanes <= 0) break;
      const claim = {
        worker: context.worker,
        lanes,
        perLane: handler.perLane,
        leaseSeconds,
        after: this.#since.get(shard),
      };
      const found = await getNextQueueMessage(context.db, shard, handler.queue, claim);
      if (found[0]?.since) this.#since.set(shard, found[0].since);
      for (const lane of found) this.#begin(lane);
      claimed += found.length;
    }
    if (looksAtAll)
      this.#lookAtAllAt = Date.now() + Math.max(LOOK_AT_ALL_EVERY_MS, (Date.now() - began) / LOOK_AT_ALL_SHARE);
    return claimed;
  }

  /** When the next lane of any shard becomes claimable, maybe in the past; null: nothing waits. */
  async nextAt(): Promise<Date | null> {
    const { handler, context, shards } = this.#options;
    let soonest: Date | null = null;
    for (const shard of shards) {
      const at = await nextQueueAt(context.db, shard, handler.queue, this.#since.get(shard));
      if (at !== null && (soonest === null || at < soonest)) soonest = at;
    }
    return soonest;
  }

  /**
   * Waits until every lane in hand has ended; after `graceSeconds` ends the handlers and gives their lanes back, as well
   * as what a claim under way may still bring.
   */
  async close(graceSeconds: number): Promise<void> {
    this.#isClosed = true;
    const timer = setTimeout(() => {
      for (const lease of this.#leases) lease.letGo();
    }, graceSeconds * 1000);
    while (this.#works.size > 0) await Promise.all(this.#works);
    clearTimeout(timer);
  }

  async #promote(): Promise<void> {
    if (Date.now() - this.#promotedAt < PROMOTE_EVERY_MS) return;
    this.#promotedAt = Date.now();
    for (const shard of this.#options.shards) await promoteScheduled(this.#options.context.db, shard);
  }

  #begin(lane: ClaimedLane): void {
    const work = this.#work(lane).finally(() => {
      this.#works.delete(work);
      this.stats.active = this.#works.size;
      this.stats.room = this.#room.limit;
      this.#options.onEnd();
    });
    this.#works.add(work);
    this.stats.active = this.#works.size;
  }

  /** Never rejects. */
  async #work(lane: ClaimedLane): Promise<void> {
    const { handler, context, leaseSeconds } = this.#options;
    const lease = new Lease(lane, { db: context.db, log: this.#log, leaseSeconds });
    this.#leases.add(lease);
    if (this.#isClosed) lease.letGo();
    try {
      lease.signal.throwIfAborted();
      await withErrorBoundary(() => handler.handle(lane, context, lease.signal), boundaryOf(lane));
      this.stats.handled += 1;
      this.#room.wentWell();
    } catch (error) {
      this.#judge(error);
      await this.#giveBack(lane, lease, error).catch((giveBackError) =>
        this.#log.warn("a lane could not be given back; its lease will run out", {
          ...aboutLane(lane),
          reason: toError(error),
          error: toError(giveBackError),
        }),
      );
    } finally {
      lease.end();
      this.#leases.delete(lease);
    }
  }

  /** Makes less room when it was Postgres that did not keep up. */
  #judge(error: unknown): void {
    if (error instanceof DatabaseUnavailableError) this.#room.overloaded();
    this.stats.room = this.#room.limit;
  }

  async #giveBack(lane: ClaimedLane, lease: Lease, error: unknown): Promise<void> {
    const { handler, context } = this.#options;
    if (error instanceof StaleLeaseError || lease.isLost) {
      this.stats.stale += 1;
      this.#log.warn("the lease was lost; another worker has the lane", aboutLane(lane));
      return;
    }
    if (lease.signal.aborted) {
      this.stats.heldBack += 1;
      await holdLane(context.db, lane, new Date());
      return;
    }
    this.stats.failed += 1;
    const outcome = await handler.fail(lane, context, error);
    this.#log[outcome === "dead" ? "error" : "warn"]("work failed", {
      ...aboutLane(lane),
      outcome,
      error: toError(error),
      context: error instanceof WorkflowError ? error.context : undefined,
    });
  }
}

/**
 * The work on a lane has no time limit of its own, its parts have; and it ends by itself when its lease is lost, because
 * what it has learnt outside must still be written down.
 */
function boundaryOf({ queue, tenantId, messages }: ClaimedLane): Boundary {
  const last = messages.at(-1);
  const ids = laneIds.safeParse(last?.payload).data;
  const messageId = ids?.message_id ?? ids?.outbound_id ?? ids?.workflow_id;
  return { operationName: `queue.${queue}`, tenantId, correlationId: last?.correlationId, messageId, kind: "none" };
}

/** What the payloads of the queues name. */
const laneIds = z.object({ message_id: z.string(), outbound_id: z.string(), workflow_id: z.string() }).partial();

function aboutLane(lane: ClaimedLane) {
  return { laneId: lane.laneId, tries: lane.tries, correlationId: lane.messages[0]?.correlationId };
}
