// Sessions of linked devices: who owns them and how they are. Each function is the SQL function of the same name.
import { callRows, callValue, type Database } from "./database.ts";
import { seconds } from "./queue.ts";

/** The states of a session (supabase/schemas/README.md, "A session"). */
export type SessionState = "NEW" | "QR" | "PAIRING" | "OPEN" | "DEGRADED" | "BACKOFF" | "NEEDS_HUMAN" | "LOGGED_OUT";

/** A session under our lease: what names it in every write. */
export interface SessionLease {
  readonly shard: number;
  readonly accountId: string;
  readonly token: number;
}

/** A session that was claimed, as it was then. */
export interface ClaimedSession extends SessionLease {
  readonly tenantId: string;
  readonly state: SessionState;
  /** It is to log out of WhatsApp. */
  readonly logsOut: boolean;
  readonly method: "qr" | "code";
  /** Digits of the phone that a pairing code is for. */
  readonly phone: string | null;
  readonly pairedJid: string | null;
  /** When it is to be tried again; null: now. */
  readonly retryAt: Date | null;
}

/** What is wanted of a session; `gone`: it is somebody else's. */
export type SessionWish = "run" | "stop" | "logout" | "move" | "gone";

/** Claims sessions that are free, at most `room`. See acquire_sessions.sql. */
export async function acquireSessions(
  db: Database,
  shard: number,
  claim: { readonly worker: string; readonly room: number; readonly leaseSeconds: number },
): Promise<ClaimedSession[]> {
  const { worker, room, leaseSeconds } = claim;
  const args = { p_shard: shard, p_worker: worker, p_room: room, p_ttl: seconds(leaseSeconds) };
  const rows = await callRows(db, "acquire_sessions", args);
  return rows.map((row) => {
    const [phone, pairedJid, retryAt]: (string | null)[] = [row.phone, row.paired_jid, row.retry_at];
    return {
      shard,
      accountId: row.account_id,
      tenantId: row.tenant_id,
      token: row.token,
      // SAFETY: a CHECK constraint holds the column to these words.
      state: row.state as SessionState,
      logsOut: row.desired === "logged_out",
      method: row.method === "code" ? "code" : "qr",
      phone: phone ?? null,
      pairedJid: pairedJid ?? null,
      retryAt: retryAt == null ? null : new Date(retryAt),
    };
  });
}

/** When a session of somebody else becomes free; null: none will. See next_session_at.sql. */
export async function nextSessionAt(db: Database, shard: number, worker: string): Promise<Date | null> {
  const at: string | null = await callValue(db, "next_session_at", { p_shard: shard, p_worker: worker });
  return at === null ? null : new Date(at);
}

/** A sign of life for all sessions of a worker; tells by account what is wanted of each. See renew_sessions.sql. */
export async function renewSessions(
  db: Database,
  shard: number,
  options: { readonly worker: string; readonly leases: readonly SessionLease[]; readonly leaseSeconds: number },
): Promise<Map<string, SessionWish>> {
  const rows = await callRows(db, "renew_sessions", {
    p_shard: shard,
    p_worker: options.worker,
    p_leases: options.leases.map(({ accountId, token }) => ({ account_id: accountId, token })),
    p_ttl: seconds(options.leaseSeconds),
  });
  // SAFETY: the function answers with these words only.
  return new Map(rows.map((row) => [row.account_id, row.wish as SessionWish]));
}

/** Gives a session back; false: it was not ours any more. See release_session.sql. */
export async function releaseSession(db: Database, lease: SessionLease): Promise<boolean> {
  return await callValue(db, "release_session", leaseOf(lease));
}

/** How a session is, for people. */
export interface SessionReport {
  readonly state: SessionState;
  /** Why it is not open, in a word and in plain words. */
  readonly reason?: string;
  readonly words?: string;
  /** When it is tried again; otherwise the engine's backoff decides. */
  readonly retryInSeconds?: number | undefined;
  /** Address of the linked device, as soon as it is linked. */
  readonly pairedJid?: string;
}

/** Writes down how a session is; returns the pause before the next try in ms. See set_session_state.sql. */
export async function setSessionState(
  db: Database,
  lease: SessionLease,
  report: SessionReport,
): Promise<number | null> {
  return await callValue(db, "set_session_state", {
    ...leaseOf(lease),
    p_state: report.state,
    p_reason: report.reason ?? null,
    p_words: report.words ?? null,
    p_retry_in: report.retryInSeconds === undefined ? null : seconds(report.retryInSeconds),
    p_paired_jid: report.pairedJid ?? null,
  });
}

/** Shows people a code that links the session. See offer_link_code.sql. */
export async function offerLinkCode(
  db: Database,
  lease: SessionLease,
  offer: { readonly code: string; readonly seconds: number },
): Promise<void> {
  await callValue(db, "offer_link_code", { ...leaseOf(lease), p_code: offer.code, p_for: seconds(offer.seconds) });
}

/** Makes the session of an account of the provider `baileys`; false: it was there. See create_session.sql. */
export async function createSession(
  db: Database,
  shard: number,
  accountId: string,
  link: SessionLink = {},
): Promise<boolean> {
  return await callValue(db, "create_session", {
    p_shard: shard,
    p_account_id: accountId,
    p_method: link.method ?? "qr",
    p_phone: link.phone ?? null,
  });
}

/** How to link a session: by a QR code, or by a code that the phone with these digits types. */
export interface SessionLink {
  readonly method?: "qr" | "code";
  readonly phone?: string;
}

/** Wants a session to run again, and to be linked anew when it is not linked. See restart_session.sql. */
export async function restartSession(
  db: Database,
  shard: number,
  accountId: string,
  link: SessionLink = {},
): Promise<void> {
  await callValue(db, "restart_session", {
    p_shard: shard,
    p_account_id: accountId,
    p_method: link.method ?? null,
    p_phone: link.phone ?? null,
  });
}

/** Wants a session to stop; it stays linked. See stop_session.sql. */
export async function stopSession(db: Database, shard: number, accountId: string): Promise<void> {
  await callValue(db, "stop_session", { p_shard: shard, p_account_id: accountId });
}

/** Wants a session to log out of WhatsApp. See logout_session.sql. */
export async function logoutSession(db: Database, shard: number, accountId: string): Promise<void> {
  await callValue(db, "logout_session", { p_shard: shard, p_account_id: accountId });
}

/** Wants a session to go to another worker (undefined: any); false: nobody owns it. See move_session.sql. */
export async function moveSession(db: Database, shard: number, accountId: string, to?: string): Promise<boolean> {
  return await callValue(db, "move_session", { p_shard: shard, p_account_id: accountId, p_to: to ?? null });
}

/** Wants a worker to give all of its sessions away, or to take some again. See drain_worker.sql. */
export async function drainWorker(db: Database, worker: string, draining = true): Promise<boolean> {
  return await callValue(db, "drain_worker", { p_worker: worker, p_draining: draining });
}

function leaseOf({ shard, accountId, token }: SessionLease) {
  return { p_shard: shard, p_account_id: accountId, p_token: token };
}
