// A session under our lease: connects, reacts to the end of each connection by the table in disconnects.ts, and tells the engine
// how it is. Every report is fenced, so whoever lost the lease learns of it here.
import type { Database } from "@switchboard/commons/db/database.ts";
import {
  type ClaimedSession,
  offerLinkCode,
  type SessionReport,
  type SessionState,
  setSessionState,
} from "@switchboard/commons/db/sessions.ts";
import { DatabaseUnavailableError, InvalidInputError, StaleLeaseError, toError } from "@switchboard/commons/errors.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import { openSessionVault, type SessionVault } from "@switchboard/commons/session-vault.ts";
import { Alarm } from "@switchboard/commons/work/alarm.ts";
import { type AuthStore, openAuthStore } from "./auth-store.ts";
import type { SocketConfig, WASocket } from "./baileys.ts";
import { type Connection, connect } from "./connection.ts";
import { type Ending, type Reaction, reactionTo } from "./disconnects.ts";
import { type JournalMessage, JournalPump } from "./journal-pump.ts";
import { createTtlCache } from "./ttl-cache.ts";

/** A pairing code is good for about as long as all QR codes of a connection together. */
const PAIRING_CODE_SECONDS = 160;
/** Open for so long, a connection counts as stable. */
const STABLE_MS = 5 * 60_000;
/** While Postgres does not even take a report. */
const DATABASE_PAUSE_MS = 2_000;
const HOUR_MS = 3_600_000;
/** So often in a row WhatsApp gets its new connection at once. */
const MOST_RESTARTS = 3;

/** What others do with sessions. */
export interface SessionHooks {
  /** Takes over incoming messages; without it they stay in the journal. See JournalPump. */
  readonly onJournal?: (session: LinkedSession, messages: readonly JournalMessage[]) => Promise<void>;
  /** A new socket, before it has connected: the place to listen to its other events. */
  readonly onSocket?: (session: LinkedSession, socket: WASocket) => void;
  /** A message that was sent, when somebody could not read it and asks for it again. */
  readonly getMessage?: (
    session: LinkedSession,
    ...args: Parameters<SocketConfig["getMessage"]>
  ) => ReturnType<SocketConfig["getMessage"]>;
}

/** What a session needs. */
export interface SessionOptions {
  readonly db: Database;
  readonly claim: ClaimedSession;
  readonly masterKeys: string;
  readonly url: string;
  readonly version: SocketConfig["version"] | undefined;
  readonly qrMs?: number | undefined;
  readonly hooks: SessionHooks;
  readonly log: Logger;
  /** It ended by itself: the lease has ended, or is another one's. */
  readonly onEnd: () => void;
}

/** One session. */
export class LinkedSession {
  readonly claim: ClaimedSession;
  readonly #options: SessionOptions;
  readonly #vault: SessionVault;
  readonly #alarm = new Alarm();
  readonly #caches = {
    msgRetryCounterCache: createTtlCache({ ttlMs: HOUR_MS, size: 2_000 }),
    // Without it every reconnect makes new ratchets with everybody who is written to.
    userDevicesCache: createTtlCache({ ttlMs: HOUR_MS, size: 2_000 }),
  };
  #state: SessionState;
  #store: AuthStore | undefined;
  #connection: Connection | undefined;
  #pump: JournalPump | undefined;
  #reports: Promise<void> = Promise.resolve();
  #run: Promise<void> | undefined;
  #stopping = false;
  #abandoned = false;
  #loggingOut: boolean;
  #pairedJid: string | null;
  #openedAt: number | undefined;
  #conflicts = 0;
  /** Times in a row that WhatsApp asked for a new connection before one was open. */
  #restarts = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.claim = options.claim;
    this.#state = options.claim.state;
    this.#loggingOut = options.claim.logsOut;
    this.#pairedJid = options.claim.pairedJid;
    this.#vault = openSessionVault(options.masterKeys, options.claim.accountId);
  }

  /** As it was last reported. */
  get state(): SessionState {
    return this.#state;
  }

  /** The socket while it is open. */
  get socket(): WASocket | undefined {
    return this.#state === "OPEN" ? this.#connection?.socket : undefined;
  }

  /** Starts to connect; once. */
  start(): void {
    this.#run ??= this.#work();
  }

  /** Logs out of WhatsApp, now or as soon as it is connected. */
  logOut(): void {
    if (this.#loggingOut) return;
    this.#loggingOut = true;
    if (this.#state === "OPEN") this.#sendLogout();
    else this.#alarm.ring(); // A pause is not waited for.
  }

  /** Closes the connection in order; then nothing is written any more, and the session may be given back. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#alarm.ring();
    this.#connection?.end();
    await this.#run;
  }

  /** The lease is lost: closes at once and writes nothing. */
  abandon(): void {
    this.#stopping = true;
    this.#abandoned = true;
    this.#store?.fail(new StaleLeaseError("the session's lease is lost", { code: "lease_lost" }));
    this.#alarm.ring();
    this.#connection?.cut();
  }

  async #work(): Promise<void> {
    const { retryAt } = this.claim;
    let pauseMs = retryAt === null || this.#loggingOut ? 0 : retryAt.getTime() - Date.now();
    while (!this.#stopping) {
      if (pauseMs > 0) await this.#alarm.sleep(pauseMs);
      if (this.#stopping) break;
      this.#alarm.reset();
      const next = await this.#connectOnce();
      await this.#reports;
      if (this.#stopping) break;
      const pause = await this.#react(next);
      if (pause === "ended") break;
      pauseMs = pause;
    }
    await this.#pump?.stop({ handOn: !this.#abandoned });
  }

  /** One connection, from its keys to its end; what is to be done about the end. */
  async #connectOnce(): Promise<Reaction> {
    const { db, claim } = this.#options;
    try {
      const store = await openAuthStore({
        db,
        lease: claim,
        vault: this.#vault,
        onFailure: () => this.#connection?.cut(),
        onJournal: () => this.#pump?.wake(),
      });
      this.#store = store;
      if (this.#stopping) return STOPPED; // told so while the keys were read
      if (this.#pairedJid !== null && !store.isLinked()) return KEYS_MISSING;
      const ending = await this.#connected(store);
      const failure = store.failure();
      return failure === undefined ? this.#reactionTo(ending, store) : reactionToFailure(failure);
    } catch (error) {
      return reactionToFailure(toError(error));
    }
  }

  async #connected(store: AuthStore): Promise<Ending> {
    const { url, version, qrMs, log, hooks } = this.#options;
    this.#openedAt = undefined;
    const connection = connect(
      {
        ...{ store, url, version, qrMs, log, caches: this.#caches },
        getMessage: async (key) => await hooks.getMessage?.(this, key),
      },
      {
        onQr: (qr, seconds) => this.#report(() => this.#offer(qr, seconds)),
        onLinked: () => this.#report(() => this.#linked(store)),
        onOpen: () => this.#report(() => this.#opened(store)),
      },
    );
    this.#connection = connection;
    hooks.onSocket?.(this, connection.socket);
    return await connection.closed;
  }

  async #offer(qr: string, seconds: number): Promise<void> {
    const { db, claim } = this.#options;
    const { socket } = this.#connection ?? {};
    if (claim.method === "qr") {
      await offerLinkCode(db, claim, { code: qr, seconds });
      this.#state = "QR";
    } else if (this.#state !== "PAIRING" && claim.phone !== null && socket !== undefined) {
      const code = await socket.requestPairingCode(claim.phone);
      await offerLinkCode(db, claim, { code, seconds: PAIRING_CODE_SECONDS });
      this.#state = "PAIRING";
    }
  }

  async #linked(store: AuthStore): Promise<void> {
    await store.idle();
    const pairedJid = store.auth.creds.me?.id;
    if (pairedJid === undefined || store.failure() !== undefined) return;
    await this.#set({ state: "PAIRING", pairedJid });
    this.#pairedJid = pairedJid;
  }

  async #opened(store: AuthStore): Promise<void> {
    // A device that was linked just before its worker died.
    if (this.#pairedJid === null) await this.#linked(store);
    await this.#set({ state: "OPEN" });
    this.#openedAt = performance.now();
    this.#restarts = 0;
    this.#startPump();
    if (this.#loggingOut) this.#sendLogout();
  }

  #startPump(): void {
    const { db, claim, hooks, log } = this.#options;
    const { onJournal } = hooks;
    if (onJournal === undefined || this.#pump !== undefined) return;
    const onMessages = (messages: readonly JournalMessage[]) => onJournal(this, messages);
    this.#pump = new JournalPump({ db, lease: claim, vault: this.#vault, log, onMessages });
  }

  #sendLogout(): void {
    const failed = (error: unknown) => {
      this.#options.log.warn("WhatsApp could not be told to log the device out; trying again", {
        error: toError(error),
      });
      this.#connection?.end();
    };
    this.#connection?.socket.logout().catch(failed);
  }

  #reactionTo(ending: Ending, store: AuthStore): Reaction {
    if (this.#openedAt !== undefined && performance.now() - this.#openedAt > STABLE_MS) this.#conflicts = 0;
    const circumstances = { linked: store.isLinked(), loggingOut: this.#loggingOut, conflicts: this.#conflicts };
    if (ending.code === 440) this.#conflicts += 1;
    return reactionTo(ending, circumstances);
  }

  /** Reports the end of a connection; the pause before the next one in ms. */
  async #react({ next, reason, words, retryInSeconds }: Reaction): Promise<number | "ended"> {
    const about = { reason, words, retryInSeconds };
    try {
      this.#restarts += 1;
      if (next === "again" && this.#restarts <= MOST_RESTARTS) {
        if (this.#pairedJid !== null && this.#state !== "PAIRING") await this.#set({ ...about, state: "DEGRADED" });
        return 0;
      }
      if (next === "again" || next === "backoff") return (await this.#set({ ...about, state: "BACKOFF" })) ?? 0;
      await this.#set({ ...about, state: next === "park" ? "NEEDS_HUMAN" : "LOGGED_OUT" });
      this.#options.log.info("a session ended", { account: this.claim.accountId, reason });
    } catch (error) {
      if (!(error instanceof StaleLeaseError)) {
        this.#options.log.warn("a session cannot be reported; trying again", { error: toError(error) });
        return DATABASE_PAUSE_MS;
      }
      this.#options.log.info("a session is another worker's now", { account: this.claim.accountId });
      this.#abandoned = true;
    }
    this.#stopping = true;
    this.#options.onEnd();
    return "ended";
  }

  async #set(report: SessionReport): Promise<number | null> {
    const pauseMs = await setSessionState(this.#options.db, this.claim, report);
    this.#state = report.state;
    return pauseMs;
  }

  /** Reports one after the other; one that fails ends the connection, and its end is looked at then. */
  #report(work: () => Promise<void>): void {
    this.#reports = this.#reports.then(work).catch((error) => {
      if (this.#stopping) return;
      this.#store?.fail(toError(error));
      this.#connection?.cut();
    });
  }
}

/** Nobody looks at it any more. */
const STOPPED: Reaction = { next: "again", reason: "stopped", words: "It was stopped here." };
const KEYS_MISSING: Reaction = {
  next: "forget",
  reason: "keys_missing",
  words: "The keys of this device are not there any more. Link it anew.",
};

/** Codes of the vault (session-vault.ts). */
const UNREADABLE = ["master_key_missing", "session_unreadable"];

/** What to do about an error that is not WhatsApp's. */
function reactionToFailure(failure: Error): Reaction {
  if (failure instanceof InvalidInputError && UNREADABLE.includes(failure.code))
    return { next: "park", reason: failure.code, words: failure.message };
  return {
    next: "backoff",
    reason: failure instanceof DatabaseUnavailableError ? "database_away" : "not_stored",
    words: "What the session has to store could not be written, so its connection was closed. It is tried again.",
  };
}
