// What a queue has to offer to be measured: one small interface for ours, the peers and the physical limit.
import type { Load, Work } from "./load.ts";

/** Where the server is. */
export interface Ground {
  /** As user `postgres`, no superuser: what every contender works with. */
  readonly url: string;
  /** As superuser: checkpoints and server settings. */
  readonly adminUrl: string;
  /** The server's data folder, to find its processes by. */
  readonly folder: string;
}

/** What a drain works with. */
export interface Crew {
  /** One piece of work; a promise when the handler takes time. */
  readonly handle: (work: Work) => Promise<void> | undefined;
  /** True once all wanted work was handled, or time is up. */
  readonly isOver: () => boolean;
  /** Resolves then. */
  readonly over: Promise<void>;
}

/** Work that lies around while something else is drained. */
export type Behind =
  /** Rows that are due, of lesser priority, each in a lane of its own. */
  | "waiting"
  /** Rows that are due, of lesser priority or later, in the lanes that are drained. */
  | "deep"
  /** Rows that are due tomorrow. */
  | "scheduled";

/** Puts work in, from several connections. */
export interface Producer {
  /**
   * Enqueues.
   * @param from - number of the first piece
   * @param count - how many in one call
   * @param connection - which of the connections
   */
  enqueue(from: number, count: number, connection: number): Promise<unknown>;
  close(): Promise<void>;
}

/** Takes work one by one, woken by whatever wakes it. */
export interface Listener {
  enqueue(work: Work): Promise<unknown>;
  close(): Promise<void>;
}

/** A queue with its settings. */
export interface Contender {
  /** As it stands in the tables. */
  readonly id: string;
  /** Contenders of a family share their tables. */
  readonly family: string;
  readonly side: "ours" | "peer" | "limit";
  /** How it was set up, for the report. */
  readonly settings: string;
  /** Makes tables; once for each family. */
  install(ground: Ground): Promise<void>;
  /** Empties the tables. */
  clear(ground: Ground): Promise<void>;
  /** The tables, for ANALYZE and VACUUM. */
  tables(ground: Ground): Promise<readonly string[]>;
  /** Puts `load.jobs` pieces of work in, each lane's in order. */
  fill(ground: Ground, load: Load): Promise<void>;
  /** Works until the crew is over and everything taken is completed; then call what it returns, to disconnect. */
  drain(ground: Ground, crew: Crew, load: Load): Promise<() => Promise<void>>;
  /** Wanted work that is still there. */
  left(ground: Ground, load: Load): Promise<number>;
  /** Puts `rows` pieces of other work in. */
  fillBehind?(ground: Ground, kind: Behind, rows: number, load: Load): Promise<void>;
  /** Kinds of other work that must be put in after the wanted one, because only the age decides what comes first. */
  readonly behindLater?: readonly Behind[];
  produce?(ground: Ground, connections: number): Promise<Producer>;
  listen?(ground: Ground, handle: (work: Work) => void): Promise<Listener>;
  /** What a worker without work asks: call what it returns again and again; it gives the number of rows found. */
  idle?(ground: Ground): Promise<{ poll(): Promise<number>; close(): Promise<void> }>;
}
