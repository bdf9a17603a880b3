// The sessions of this process: claims what is free, renews the leases of all at once, gives back what is wanted elsewhere.
// Knows nothing of Baileys before it has claimed a first session.
import { createDatabase, type Database, type DatabasePool } from "@switchboard/commons/db/database.ts";
import {
  acquireSessions,
  type ClaimedSession,
  nextSessionAt,
  releaseSession,
  renewSessions,
  type SessionState,
  type SessionWish,
} from "@switchboard/commons/db/sessions.ts";
import { toError } from "@switchboard/commons/errors.ts";
import type { JsonObject } from "@switchboard/commons/json.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import { Alarm } from "@switchboard/commons/work/alarm.ts";
import { residentMb, roomFor, type SessionSettings } from "../session-settings.ts";
import type { LinkedSession, SessionHooks } from "./session.ts";

/** Claimed at once, and then no more for a second: a start does not open hundreds of sockets in one moment. */
const CLAIM_SIZE = 20;
const NEXT_CLAIM_MS = 1_000;
const SHORTEST_SLEEP_MS = 200;
/** Connections for the keys of all sessions together. */
const POOL_SIZE = 4;

/** What a fleet needs. */
export interface FleetOptions {
  readonly worker: string;
  readonly shards: readonly number[];
  readonly settings: SessionSettings & {
    readonly SUPABASE_DB_URL: string;
    readonly DATABASE_ROLE: string;
    readonly MASTER_KEYS: string;
  };
  /** The runner's own pool, on which is looked for sessions while there are none. */
  readonly db: Database;
  readonly log: Logger;
  readonly hooks?: SessionHooks;
  /** How long each QR code is shown, in ms; WhatsApp Web's own times when it is left out. */
  readonly qrMs?: number;
}

/** How the sessions of this process are. */
export interface FleetStatus {
  readonly cap: number;
  readonly room: number;
  readonly rssMb: number;
  readonly memoryMb: number;
  readonly sessions: readonly { readonly account: string; readonly shard: number; readonly state: SessionState }[];
}

type Held = { readonly session: LinkedSession; leaving: boolean };

/** The sessions of one process. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #log: Logger;
  readonly #held = new Map<string, Held>();
  readonly #alarm = new Alarm();
  readonly #renewedAt = new Map<number, number>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #guard: NodeJS.Timeout;
  /** Leases have a connection of their own, which no message work can keep busy. */
  #pools: { readonly leases: DatabasePool; readonly keys: DatabasePool } | undefined;
  #stopping = false;
  #stopped: Promise<void> | undefined;
  readonly #loop: Promise<void>;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#log = options.log.child({ part: "sessions" });
    this.#guard = setInterval(() => this.#checkClock(), this.#leaseMs / 6);
    this.#loop = this.#run();
  }

  /** There is a session to claim, or something else is wanted of one. */
  wake(): void {
    this.#alarm.ring();
  }

  /** For the health page. */
  status(): FleetStatus {
    const { settings } = this.#options;
    const sessions = [...this.#held.values()].map(({ session: { claim, state } }) => ({
      account: claim.accountId,
      shard: claim.shard,
      state,
    }));
    return {
      cap: settings.SESSION_CAP,
      room: this.#room,
      rssMb: residentMb(),
      memoryMb: settings.SESSION_MEMORY_MB,
      sessions,
    };
  }

  /** What the heartbeat tells all others. */
  report(): JsonObject {
    const { cap, room, rssMb, memoryMb, sessions } = this.status();
    return { sessions: { cap, room, held: sessions.length }, memory: { rss_mb: rssMb, budget_mb: memoryMb } };
  }

  /** Claims no more. */
  stopClaiming(): void {
    this.#stopping = true;
    this.#alarm.ring();
  }

  /** Closes all connections in order and gives the sessions back; the devices stay linked. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async #stop(): Promise<void> {
    this.stopClaiming();
    await this.#loop;
    for (const held of this.#held.values()) this.#giveBack(held);
    await Promise.all(this.#leaving);
    clearInterval(this.#guard);
    await Promise.all([this.#pools?.leases.end(), this.#pools?.keys.end()]);
  }

  get #leaseMs(): number {
    return this.#options.settings.SESSION_LEASE_SECONDS * 1000;
  }

  get #room(): number {
    return this.#stopping ? 0 : roomFor(this.#held.size, this.#options.settings);
  }

  async #run(): Promise<void> {
    if (this.#options.settings.SESSION_CAP === 0) return;
    while (!this.#stopping) {
      this.#alarm.reset();
      let sleepMs = this.#leaseMs / 3;
      for (const shard of this.#options.shards) {
        try {
          await this.#renew(shard);
          await this.#claim(shard);
          sleepMs = Math.min(sleepMs, await this.#idleMs(shard));
        } catch (error) {
          sleepMs = Math.min(sleepMs, this.#leaseMs / 6);
          this.#log.warn("the sessions' leases cannot be reached; trying again", { error: toError(error) });
        }
      }
      await this.#alarm.sleep(Math.max(sleepMs, SHORTEST_SLEEP_MS));
    }
    // Until all are given back they are renewed.
    if (this.#held.size > 0) this.#keepRenewing();
  }

  #keepRenewing(): void {
    const timer = setInterval(() => {
      if (this.#held.size === 0) return clearInterval(timer);
      for (const shard of this.#options.shards) this.#renew(shard).catch(() => undefined); // the guard watches
    }, this.#leaseMs / 3);
  }

  async #renew(shard: number): Promise<void> {
    const mine = [...this.#held.values()].filter(({ session }) => session.claim.shard === shard);
    if (mine.length === 0 || this.#pools === undefined) return;
    const askedAt = performance.now();
    const leases = mine.map(({ session }) => session.claim);
    const { worker, settings } = this.#options;
    const options = { worker, leases, leaseSeconds: settings.SESSION_LEASE_SECONDS };
    const wishes = await renewSessions(this.#pools.leases, shard, options);
    this.#renewedAt.set(shard, askedAt);
    for (const held of mine) this.#follow(held, wishes.get(held.session.claim.accountId) ?? "gone");
  }

  #follow(held: Held, wish: SessionWish): void {
    const { session } = held;
    if (wish === "gone") {
      // What ended by itself is not there any more either.
      if (this.#held.get(session.claim.accountId) === held) this.#abandon(held, "another worker has it");
    } else if (wish === "logout") session.logOut();
    else if (wish === "stop" || wish === "move") this.#giveBack(held);
  }

  #giveBack(held: Held): void {
    if (held.leaving) return;
    held.leaving = true;
    const { claim } = held.session;
    const leaving = held.session
      .stop()
      .then(() => releaseSession(this.#leaseDb, claim))
      .catch((error) =>
        this.#log.warn("a session was not given back; its lease will run out", { error: toError(error) }),
      )
      .then(() => {
        this.#forget(held);
        this.#leaving.delete(leaving);
      });
    this.#leaving.add(leaving);
  }

  #abandon(held: Held, why: string): void {
    this.#log.warn("a session is fenced off", { account: held.session.claim.accountId, why });
    this.#forget(held);
    held.session.abandon();
  }

  #forget(held: Held): void {
    const { accountId } = held.session.claim;
    if (this.#held.get(accountId) === held) this.#held.delete(accountId);
    this.wake();
  }

  /** A process that slept, or cannot reach Postgres, gives up before anybody else may connect. */
  #checkClock(): void {
    for (const held of this.#held.values()) {
      const since = performance.now() - (this.#renewedAt.get(held.session.claim.shard) ?? 0);
      if (since > (this.#leaseMs * 2) / 3) this.#abandon(held, "its lease could not be renewed in time");
    }
  }

  async #claim(shard: number): Promise<void> {
    const { worker, settings } = this.#options;
    const room = Math.min(this.#room, CLAIM_SIZE);
    if (room === 0) return;
    const askedAt = performance.now();
    const leaseSeconds = settings.SESSION_LEASE_SECONDS;
    const claims = await acquireSessions(this.#leaseDb, shard, { worker, room, leaseSeconds });
    for (const claim of claims) await this.#take(claim, askedAt);
  }

  async #take(claim: ClaimedSession, askedAt: number): Promise<void> {
    const { settings, hooks = {}, qrMs } = this.#options;
    const { LinkedSession } = await import("./session.ts");
    // The older of the two: all leases of the shard must be good.
    if (!this.#hasOf(claim.shard)) this.#renewedAt.set(claim.shard, askedAt);
    this.#pools ??= this.#openPools();
    const session: LinkedSession = new LinkedSession({
      db: this.#pools.keys,
      claim,
      masterKeys: settings.MASTER_KEYS,
      url: settings.WHATSAPP_WEB_URL,
      version: versionOf(settings.WHATSAPP_WEB_VERSION),
      qrMs,
      hooks,
      log: this.#log,
      onEnd: () => this.#forget(held),
    });
    const held: Held = { session, leaving: false };
    this.#held.set(claim.accountId, held);
    session.start();
    if (this.#stopping) this.#giveBack(held);
  }

  #hasOf(shard: number): boolean {
    return [...this.#held.values()].some(({ session }) => session.claim.shard === shard);
  }

  /** How long nothing is to be done for a shard. */
  async #idleMs(shard: number): Promise<number> {
    const { worker } = this.#options;
    const restMs = this.#leaseMs / 3;
    if (this.#room === 0) return restMs;
    const next = await nextSessionAt(this.#leaseDb, shard, worker);
    if (next === null) return restMs;
    const dueMs = next.getTime() - Date.now();
    // Free and not given to us: there are many, or it is meant for another one, who has some seconds to take it.
    return dueMs > 0 ? dueMs : NEXT_CLAIM_MS;
  }

  get #leaseDb(): Database {
    return this.#pools?.leases ?? this.#options.db;
  }

  #openPools() {
    const { SUPABASE_DB_URL: url, DATABASE_ROLE: role } = this.#options.settings;
    const open = (name: string, size: number) =>
      createDatabase({
        ...{ url, role, size, applicationName: `switchboard session ${name}` },
        onIdleError: (error) => this.#log.warn("a database connection broke", { error }),
      });
    return { leases: open("leases", 1), keys: open("keys", POOL_SIZE) };
  }
}

function versionOf(text: string | undefined): [number, number, number] | undefined {
  const [major, minor, patch] = text?.split(".").map(Number) ?? [];
  return major === undefined || minor === undefined || patch === undefined ? undefined : [major, minor, patch];
}
