// Writes of one session, in their order: while one is on its way to Postgres, what comes meanwhile gathers into the next. Two
// writes of a key are never in flight at once, and after a failure nothing is written any more.

/** Something to write under a key; a later value of the key replaces an earlier one that has not left yet. */
export interface Entry {
  readonly kind: string;
  readonly id: string;
  /** null deletes. */
  readonly value: unknown;
}

/** Counts since the start. */
export interface CommitStats {
  /** Statements, and entries in them. */
  writes: number;
  entries: number;
}

/** What becomes of the writes. */
export interface GroupCommitOptions {
  /** Writes a batch in one transaction. */
  readonly write: (batch: readonly Entry[]) => Promise<void>;
  /** A batch is committed. */
  readonly onCommit: (batch: readonly Entry[]) => void;
  /** A batch may not have been written: from now on every write fails. Told once. */
  readonly onFailure: (error: Error) => void;
}

type Batch = { readonly entries: Map<string, Entry>; readonly done: PromiseWithResolvers<void> };

/** The queue of one session's writes. */
export class GroupCommit {
  readonly stats: CommitStats = { writes: 0, entries: 0 };
  readonly #options: GroupCommitOptions;
  #pending: Batch | undefined;
  #flying: Batch | undefined;
  #failure: Error | undefined;
  #working: Promise<void> | undefined;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Why nothing is written any more. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** What is on its way for a key. */
  find(kind: string, id: string): Entry | undefined {
    const key = keyOf(kind, id);
    return this.#pending?.entries.get(key) ?? this.#flying?.entries.get(key);
  }

  /**
   * Writes entries together, in one transaction with whatever else waits.
   * @throws what the write of its batch threw, or why nothing is written any more
   */
  async add(entries: readonly Entry[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#pending ??= { entries: new Map(), done: Promise.withResolvers() };
    for (const entry of entries) this.#pending.entries.set(keyOf(entry.kind, entry.id), entry);
    const { done } = this.#pending;
    // After the present task, so that what it still adds goes along.
    this.#working ??= Promise.resolve().then(() => this.#work());
    await done.promise;
  }

  /** Resolves when nothing is on its way; never rejects. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Writes nothing any more; what waits is rejected. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#options.onFailure(error);
  }

  async #work(): Promise<void> {
    while (this.#pending !== undefined) {
      const batch = this.#pending;
      this.#flying = batch;
      this.#pending = undefined;
      await this.#write(batch);
      this.#flying = undefined;
    }
    this.#working = undefined;
  }

  async #write({ entries, done }: Batch): Promise<void> {
    const batch = [...entries.values()];
    try {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#options.write(batch);
      this.stats.writes += 1;
      this.stats.entries += batch.length;
      this.#options.onCommit(batch);
      done.resolve();
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
      done.reject(error);
    }
  }
}

function keyOf(kind: string, id: string): string {
  return `${kind}|${id}`;
}
