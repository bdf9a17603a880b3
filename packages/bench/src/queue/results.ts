// What one run found out, as it stands in queue.json.
import type { Answers, Drained, Enqueued } from "./task.ts";

/** One row of a table: a contender and its rounds. */
export interface Row<T> {
  readonly contender: string;
  readonly rounds: readonly T[];
}

/** A table: everybody in the same part. */
export interface Table<T> {
  readonly id: string;
  readonly title: string;
  readonly rows: readonly Row<T>[];
}

/** The tables by what was measured. */
export interface Tables {
  readonly drains: readonly Table<Drained>[];
  readonly pinned: readonly Table<Answers["pinned"]>[];
  readonly latencies: readonly Table<Answers["latency"]>[];
  readonly enqueues: readonly Table<Enqueued>[];
  readonly idles: readonly Table<Answers["idle"]>[];
}

/** A run. */
export interface Results extends Tables {
  readonly machine: {
    readonly date: string;
    readonly processor: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly system: string;
    readonly loadBefore: number;
    readonly node: string;
    readonly postgres: string;
    readonly commit: string;
  };
  readonly command: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly scale: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly contenders: Readonly<Record<string, string>>;
  /** Measurements that are missing, and why. */
  readonly failures: readonly string[];
}

/** Nothing measured yet. */
export const NO_TABLES: Tables = { drains: [], pinned: [], latencies: [], enqueues: [], idles: [] };

/** The tables of several parts together. */
export function joinTables(parts: readonly Partial<Tables>[]): Tables {
  return parts.reduce<Tables>(
    (all, part) => ({
      drains: [...all.drains, ...(part.drains ?? [])],
      pinned: [...all.pinned, ...(part.pinned ?? [])],
      latencies: [...all.latencies, ...(part.latencies ?? [])],
      enqueues: [...all.enqueues, ...(part.enqueues ?? [])],
      idles: [...all.idles, ...(part.idles ?? [])],
    }),
    NO_TABLES,
  );
}
