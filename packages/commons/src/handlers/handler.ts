// What a handler of queue messages is given and what it must do.
import type { Database } from "../db/database.ts";
import type { ClaimedLane, QueueName } from "../db/queue.ts";
import type { Logger } from "../log.ts";
import type { Provider } from "../providers/provider.ts";
import type { ServiceRegistry } from "../services/service-registry.ts";
import type { FileStorage } from "../storage/storage.ts";
import type { AccountStore } from "./accounts.ts";
import type { TurnWatch } from "./turn-watch.ts";

/** What all handlers share. */
export interface HandlerContext {
  readonly db: Database;
  readonly accounts: AccountStore;
  /** Where the files of messages lie. */
  readonly storage: FileStorage;
  readonly registry: ServiceRegistry;
  /** @throws InvalidInputError when there is no such provider */
  readonly provider: (id: string) => Provider;
  /** Tells which turns in hand the customer has made out of date. */
  readonly turnWatch: TurnWatch;
  readonly log: Logger;
  /** Name of this worker process. */
  readonly worker: string;
}

/**
 * Works one leased lane: when it returns, the lane has been given back by one of the engine's functions. A handler that
 * throws leaves the lane to `fail`.
 */
export interface LaneHandler {
  readonly queue: QueueName;
  /** Most messages of one lane that it takes at once. */
  readonly perLane: number;
  /** Work; the signal ends it when the lease is lost or the worker must stop. */
  handle(lane: ClaimedLane, context: HandlerContext, signal: AbortSignal): Promise<void>;
  /** Give the lane back after an error that `handle` did not expect. */
  fail(lane: ClaimedLane, context: HandlerContext, error: unknown): Promise<"retry" | "dead">;
}
