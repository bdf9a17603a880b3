// The keys and the journal of sessions, all of it sealed (session-vault.ts). Each function is the SQL function of the same name.
import { callRows, callValue, type Database } from "./database.ts";
import type { SessionLease } from "./sessions.ts";

/** Something sealed: base64, and the name of the master key. */
export interface SealedBody {
  readonly keyId: string;
  readonly body: string;
}

/** A key to be written; without a body it is deleted. */
export interface SealedKey {
  readonly kind: string;
  readonly id: string;
  readonly body: string | null;
}

/** Where a message of the journal came from: chat and author as WhatsApp addresses them, and which ciphertext of its stanza. */
export interface JournalPlace {
  readonly chat: string;
  readonly author: string;
  readonly messageId: string;
  readonly part: string;
}

/** What is written together. */
export interface SessionWrite {
  readonly keyId: string;
  readonly creds: string | null;
  readonly keys: readonly SealedKey[];
  readonly inbox: readonly (JournalPlace & { readonly body: string })[];
}

/** Writes keys, credentials and journal in one transaction, under the lease. See put_session.sql. */
export async function putSession(db: Database, lease: SessionLease, write: SessionWrite): Promise<void> {
  const { keys, inbox } = write;
  await callValue(db, "put_session", {
    ...leaseOf(lease),
    p_key_id: write.keyId,
    p_creds: write.creds,
    p_keys: keys.length === 0 ? null : keys.map(({ kind, id, body }) => ({ kind, id, body })),
    p_inbox: inbox.length === 0 ? null : inbox.map(({ messageId, ...rest }) => ({ ...rest, message_id: messageId })),
  });
}

/** The identity of a linked device; undefined before it was stored. See read_session_creds.sql. */
export async function readSessionCreds(
  db: Database,
  { shard, accountId }: SessionLease,
): Promise<SealedBody | undefined> {
  const [row] = await callRows(db, "read_session_creds", { p_shard: shard, p_account_id: accountId });
  return row && { keyId: row.key_id, body: row.body };
}

/** Keys of one kind by their ids; those that are there. See read_session_keys.sql. */
export async function readSessionKeys(
  db: Database,
  { shard, accountId }: SessionLease,
  kind: string,
  ids: readonly string[],
): Promise<Map<string, SealedBody>> {
  const args = { p_shard: shard, p_account_id: accountId, p_kind: kind, p_ids: ids };
  const rows = await callRows(db, "read_session_keys", args);
  return new Map(rows.map((row) => [row.id, { keyId: row.key_id, body: row.body }]));
}

/** A row of the journal. */
export interface JournalRow extends JournalPlace, SealedBody {
  readonly seq: number;
}

/** The oldest rows of the journal after a number. See read_session_inbox.sql. */
export async function readSessionInbox(
  db: Database,
  { shard, accountId }: SessionLease,
  page: { readonly after: number; readonly limit: number },
): Promise<JournalRow[]> {
  const args = { p_shard: shard, p_account_id: accountId, p_after: page.after, p_limit: page.limit };
  const rows = await callRows(db, "read_session_inbox", args);
  return rows.map((row) => ({
    seq: row.seq,
    chat: row.chat,
    author: row.author,
    messageId: row.message_id,
    part: row.part,
    keyId: row.key_id,
    body: row.body,
  }));
}

/** Rows of the journal were ingested: they go. See mark_session_inbox.sql. */
export async function markSessionInbox(db: Database, lease: SessionLease, seqs: readonly number[]): Promise<number> {
  return await callValue(db, "mark_session_inbox", { ...leaseOf(lease), p_seqs: seqs });
}

/** A row that is sealed under an older master key. */
export interface SealedRow extends SealedBody {
  /** Its place in the order of all of them. */
  readonly place: string;
  readonly accountId: string;
  readonly part: string;
  readonly kind: string;
  readonly id: string;
}

/** Rows that are not sealed under `keyId`, those after a place. See sealed_session_rows.sql. */
export async function sealedSessionRows(
  db: Database,
  shard: number,
  page: { readonly keyId: string; readonly after: string; readonly limit: number },
): Promise<SealedRow[]> {
  const args = { p_shard: shard, p_key_id: page.keyId, p_after: page.after, p_limit: page.limit };
  const rows = await callRows(db, "sealed_session_rows", args);
  return rows.map(({ account_id, key_id, ...row }) => ({ ...row, accountId: account_id, keyId: key_id }));
}

/** Stores rows of a session that were sealed anew, unless they were written meanwhile; returns how many. See reseal_session_rows.sql. */
export async function resealSessionRows(
  db: Database,
  session: { readonly shard: number; readonly accountId: string },
  keyId: string,
  rows: readonly (Pick<SealedRow, "part" | "kind" | "id"> & { readonly was: string; readonly body: string })[],
): Promise<number> {
  return await callValue(db, "reseal_session_rows", {
    p_shard: session.shard,
    p_account_id: session.accountId,
    p_key_id: keyId,
    p_rows: rows.map(({ part, kind, id, was, body }) => ({ part, kind, id, was, body })),
  });
}

function leaseOf({ shard, accountId, token }: SessionLease) {
  return { p_shard: shard, p_account_id: accountId, p_token: token };
}
