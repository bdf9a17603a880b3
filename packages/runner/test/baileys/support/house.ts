// A tenant with linked devices in a shard of its own, a fleet that works for it, and the simulator behind it.
import { createDatabase, type DatabasePool } from "@switchboard/commons/db/database.ts";
import { createSession, type SessionLink, type SessionState } from "@switchboard/commons/db/sessions.ts";
import { upsertTenant, upsertWhatsappAccount } from "@switchboard/commons/db/tenancy.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { onTestFinished } from "vitest";
import { Fleet, type FleetOptions } from "../../../src/baileys/fleet.ts";
import { eventually } from "./eventually.ts";
import type { Simulator } from "./simulator.ts";

/** The database of the tests; undefined: there is none. */
export const databaseUrl = process.env.TEST_DATABASE_URL || undefined;
/** Master keys of the tests. */
export const MASTER_KEYS = `k1:${btoa("k".repeat(32))}`;

/** A session with its link, as people see them. */
export interface SessionView {
  readonly state: SessionState;
  readonly reason: string | null;
  readonly words: string | null;
  readonly desired: string;
  readonly paired_jid: string | null;
  readonly code: string | null;
  readonly expires_at: string | null;
  readonly connects: number;
  readonly attempts: number;
}

/** A pool as the service role; closed by whoever opened it. */
export function openDatabase(url = databaseUrl ?? ""): DatabasePool {
  return createDatabase({ url, role: "service_role", size: 4, applicationName: "switchboard sessions test" });
}

/** A shard that nobody else works in. */
export async function freeShard(db: DatabasePool): Promise<number> {
  for (;;) {
    const shard = 1 + Math.floor(Math.random() * 32_000);
    if ((await db.query("select from public.tenants where shard = $1", [shard])).rows.length === 0) return shard;
  }
}

let numbers = Date.now() % 1_000_000;
/** A phone number that no other test of this run has. */
export function newNumber(): string {
  numbers += 1;
  return `1555${String(numbers).padStart(7, "0")}`;
}

/** A tenant and its sessions. */
export class House {
  readonly db: DatabasePool;
  readonly shard: number;
  readonly simulator: Simulator;
  #tenant: string | undefined;
  /** What was logged by fleets. */
  readonly lines: string[] = [];

  constructor(db: DatabasePool, shard: number, simulator: Simulator) {
    this.db = db;
    this.shard = shard;
    this.simulator = simulator;
  }

  async tenant(): Promise<string> {
    this.#tenant ??= await upsertTenant(this.db, this.shard, `sessions-${crypto.randomUUID()}`, "Sessions");
    return this.#tenant;
  }

  /** An account with its session. */
  async session(link?: SessionLink): Promise<string> {
    const tenant = await this.tenant();
    const account = { provider: "baileys", displayPhone: "", name: "Device", agent: "agent:none" };
    const id = await upsertWhatsappAccount(this.db, this.shard, tenant, {
      ...account,
      externalId: crypto.randomUUID(),
    });
    await createSession(this.db, this.shard, id, link);
    return id;
  }

  async view(account: string): Promise<SessionView> {
    const { rows } = await this.db.query(
      `select s.state, s.reason, s.words, s.desired, s.paired_jid, s.connects, s.attempts, l.code, l.expires_at
         from public.sessions s join public.session_links l using (shard, account_id) where s.shard = $1 and s.account_id = $2`,
      [this.shard, account],
    );
    // SAFETY: the columns are those asked for.
    return rows[0] as unknown as SessionView;
  }

  /** Waits for a state, and for more when it is asked for. */
  async until(
    account: string,
    state: SessionState,
    fits: (view: SessionView) => boolean = () => true,
  ): Promise<SessionView> {
    let last: SessionView | undefined;
    return await eventually(async () => {
      last = await this.view(account);
      return last.state === state && fits(last) ? last : undefined;
    }, `session to be ${state}`).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify({ ...last, code: undefined })}`);
    });
  }

  /** Starts a fleet for this shard; closed with the test. */
  fleet(options: Partial<FleetOptions> & { readonly leaseSeconds?: number } = {}): Fleet {
    const fleet = new Fleet({
      worker: `fleet ${crypto.randomUUID().slice(0, 8)}`,
      shards: [this.shard],
      db: this.db,
      log: createLogger("test", "debug", (line) => this.lines.push(line)),
      settings: this.settings(options.leaseSeconds),
      ...options,
    });
    // Nobody listens for it: it looks by itself.
    const timer = setInterval(() => fleet.wake(), 100);
    onTestFinished(async () => {
      clearInterval(timer);
      await fleet.stop();
    });
    return fleet;
  }

  settings(leaseSeconds = 30): FleetOptions["settings"] {
    return {
      SUPABASE_DB_URL: databaseUrl ?? "",
      DATABASE_ROLE: "service_role",
      MASTER_KEYS,
      SESSION_CAP: 20,
      SESSION_MEMORY_MB: 100_000,
      SESSION_LEASE_SECONDS: leaseSeconds,
      WHATSAPP_WEB_URL: this.simulator.socketUrl,
      WHATSAPP_WEB_VERSION: undefined,
    };
  }

  /** The phone scans the code that is shown; returns when the session is open. */
  async scan(account: string, phone: string): Promise<void> {
    const { code } = await this.until(account, "QR", (view) => view.code !== null);
    await this.simulator.call("POST", `/phones/${phone}/scan`, { qr: code });
    await this.until(account, "OPEN");
  }

  /** A session that is linked to a new phone and open. */
  async open(): Promise<{ readonly account: string; readonly phone: string }> {
    const phone = await this.simulator.phone(newNumber());
    const account = await this.session();
    await this.scan(account, phone);
    return { account, phone };
  }
}
