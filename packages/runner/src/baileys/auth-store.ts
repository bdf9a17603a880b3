// Baileys' credentials and keys in Postgres: sealed, fenced by the lease's token, in one ordered queue of transactions. The
// cache follows the database, never the other way round. One store serves one socket: after a failed write it is thrown
// away with its socket, and the next one reads anew what was committed.
import type { Database } from "@switchboard/commons/db/database.ts";
import {
  type JournalPlace,
  putSession,
  readSessionCreds,
  readSessionKeys,
  type SealedKey,
} from "@switchboard/commons/db/session-keys.ts";
import type { SessionLease } from "@switchboard/commons/db/sessions.ts";
import type { SessionVault } from "@switchboard/commons/session-vault.ts";
import {
  type AuthenticationCreds,
  type AuthenticationState,
  BufferJSON,
  initAuthCreds,
  proto,
  type SignalDataTypeMap,
} from "./baileys.ts";
import { type CommitStats, type Entry, GroupCommit } from "./group-commit.ts";
import { JOURNAL, type JournalEntry, journalId } from "./journal-entry.ts";

/** Keys that are kept in memory, at most; the rest is read again. */
const CACHED_KEYS = 5_000;
const CREDS = "creds";

/** What a store needs. */
export interface AuthStoreOptions {
  readonly db: Database;
  readonly lease: SessionLease;
  readonly vault: SessionVault;
  /** A write failed: the socket must end. */
  readonly onFailure: (error: Error) => void;
  /** Something was written into the journal. */
  readonly onJournal: () => void;
}

/** Credentials and keys of one session. */
export interface AuthStore {
  /** For the socket. */
  readonly auth: AuthenticationState;
  /** Whether a phone has linked this device. */
  isLinked(): boolean;
  /** Takes over a change of the credentials. Before the device is linked nothing is stored: each try begins anew. */
  saveCreds(update: Partial<AuthenticationCreds>): void;
  /** Why it writes no more. */
  failure(): Error | undefined;
  /** Writes no more. */
  fail(error: Error): void;
  /** Resolves when nothing is on its way to Postgres. */
  idle(): Promise<void>;
  readonly stats: Readonly<CommitStats>;
}

/**
 * Reads the credentials, or makes those of a new device.
 * @throws DatabaseUnavailableError; InvalidInputError when they cannot be decrypted
 */
export async function openAuthStore(options: AuthStoreOptions): Promise<AuthStore> {
  const { db, lease, vault } = options;
  const stored = await readSessionCreds(db, lease);
  const creds: AuthenticationCreds =
    stored === undefined ? initAuthCreds() : decode(await vault.open({ kind: CREDS, id: "" }, stored));
  const cache = new KeyCache();
  const commit = new GroupCommit({
    write: (batch) => writeBatch(options, batch),
    onFailure: options.onFailure,
    onCommit(batch) {
      for (const { kind, id, value } of batch) if (kind !== CREDS && kind !== JOURNAL) cache.set(kind, id, value);
      if (batch.some(({ kind }) => kind === JOURNAL)) options.onJournal();
    },
  });
  const isLinked = () => creds.account !== undefined && creds.me !== undefined;

  /** From what is on its way, else from the cache, else from Postgres. A failed read throws: "unknown" is not "none". */
  const read = async (kind: string, ids: readonly string[]): Promise<Record<string, unknown>> => {
    const known = (id: string) => (commit.find(kind, id) ?? cache.get(kind, id))?.value;
    const missing = ids.filter((id) => known(id) === undefined);
    if (missing.length > 0) {
      const rows = await readSessionKeys(db, lease, kind, missing);
      for (const id of missing) {
        const row = rows.get(id);
        const value = row === undefined ? null : reviveKey(kind, await vault.open({ kind, id }, row));
        // What was written while this was read is newer.
        if (known(id) === undefined) cache.set(kind, id, value);
      }
    }
    const found = ids.map((id): [string, unknown] => [id, known(id) ?? null]);
    return Object.fromEntries(found.filter(([, value]) => value !== null));
  };

  return {
    auth: {
      creds,
      keys: {
        // SAFETY: what is read was written by `set` under the same kind.
        get: async <T extends keyof SignalDataTypeMap>(kind: T, ids: string[]) =>
          (await read(kind, ids)) as { [id: string]: SignalDataTypeMap[T] },
        set: async (data) => {
          const entries = Object.entries(data).flatMap(([kind, values]) =>
            Object.entries(values ?? {}).map(([id, value]): Entry => ({ kind, id, value: value ?? null })),
          );
          if (entries.length > 0) await commit.add(entries);
        },
      },
    },
    isLinked,
    saveCreds(update) {
      Object.assign(creds, update);
      if (isLinked()) commit.add([{ kind: CREDS, id: "", value: creds }]).catch(() => undefined); // told to onFailure
    },
    failure: () => commit.failure,
    fail: (error) => commit.fail(error),
    idle: () => commit.idle(),
    stats: commit.stats,
  };
}

async function writeBatch({ db, lease, vault }: AuthStoreOptions, batch: readonly Entry[]): Promise<void> {
  let creds: string | null = null;
  const keys: SealedKey[] = [];
  const inbox: (JournalPlace & { readonly body: string })[] = [];
  await Promise.all(
    batch.map(async ({ kind, id, value }) => {
      if (kind === CREDS) creds = await vault.seal({ kind, id }, encode(value));
      else if (kind === JOURNAL) {
        // SAFETY: durable-repository.ts is the only one to write under this kind.
        const { place, ...body } = value as JournalEntry;
        inbox.push({ ...place, body: await vault.seal({ kind, id: journalId(place) }, encode(body)) });
      } else keys.push({ kind, id, body: value === null ? null : await vault.seal({ kind, id }, encode(value)) });
    }),
  );
  await putSession(db, lease, { keyId: vault.keyId, creds, keys, inbox });
}

function encode(value: unknown): string {
  return JSON.stringify(value, BufferJSON.replacer);
}

function decode<T>(text: string): T {
  return JSON.parse(text, BufferJSON.reviver);
}

function reviveKey(kind: string, text: string): unknown {
  const value: unknown = decode(text);
  if (kind !== "app-state-sync-key" || typeof value !== "object" || value === null) return value;
  return proto.Message.AppStateSyncKeyData.fromObject(value);
}

/** The keys that were read or written last; null: there is none. */
class KeyCache {
  readonly #values = new Map<string, { readonly value: unknown }>();

  get(kind: string, id: string): { readonly value: unknown } | undefined {
    return this.#values.get(`${kind}|${id}`);
  }

  set(kind: string, id: string, value: unknown): void {
    const key = `${kind}|${id}`;
    this.#values.delete(key);
    this.#values.set(key, { value });
    const [oldest] = this.#values.keys();
    if (this.#values.size > CACHED_KEYS && oldest !== undefined) this.#values.delete(oldest);
  }
}
