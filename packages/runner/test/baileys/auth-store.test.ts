// Keys in Postgres: grouped, fenced, and never ahead of what is committed.
import type { Database } from "@switchboard/commons/db/database.ts";
import {
  acquireSessions,
  type ClaimedSession,
  createSession,
  releaseSession,
} from "@switchboard/commons/db/sessions.ts";
import { upsertTenant, upsertWhatsappAccount } from "@switchboard/commons/db/tenancy.ts";
import { DatabaseUnavailableError, StaleLeaseError } from "@switchboard/commons/errors.ts";
import { openSessionVault } from "@switchboard/commons/session-vault.ts";
import { afterAll, describe, expect, test, vi } from "vitest";
import { openAuthStore } from "../../src/baileys/auth-store.ts";
import { databaseUrl, freeShard, MASTER_KEYS, openDatabase } from "./support/house.ts";

describe.skipIf(databaseUrl === undefined)(
  `the store of a session's keys${databaseUrl === undefined ? " (skipped: TEST_DATABASE_URL is not set)" : ""}`,
  () => {
    const db = openDatabase();
    afterAll(() => db.end());

    async function claimed(): Promise<ClaimedSession> {
      const shard = await freeShard(db);
      const tenant = await upsertTenant(db, shard, `store-${crypto.randomUUID()}`, "Store");
      const account = { provider: "baileys", displayPhone: "", name: "Device", agent: "agent:none" };
      const id = await upsertWhatsappAccount(db, shard, tenant, { ...account, externalId: crypto.randomUUID() });
      await createSession(db, shard, id);
      const [claim] = await acquireSessions(db, shard, { worker: "one", room: 1, leaseSeconds: 30 });
      if (claim === undefined) throw new Error("nothing was claimed");
      return claim;
    }

    /** A store, and the statements that it sends. */
    async function open(lease: ClaimedSession, over: Database = db) {
      const statements: string[] = [];
      const counting: Database = {
        query(text, values) {
          statements.push(/app\.(\w+)/.exec(text)?.[1] ?? text);
          return over.query(text, values);
        },
      };
      const onFailure = vi.fn();
      const vault = openSessionVault(MASTER_KEYS, lease.accountId);
      const store = await openAuthStore({ db: counting, lease, vault, onFailure, onJournal: () => undefined });
      statements.length = 0;
      return { store, keys: store.auth.keys, statements, onFailure };
    }
    const bytes = (text: string) => Buffer.from(text);

    test("many writes are few statements, and are read again as they were", async () => {
      const lease = await claimed();
      const { keys, statements, store } = await open(lease);
      await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          keys.set({ session: { [n]: bytes(`session ${n}`) }, "lid-mapping": { [n]: `${n}` } }),
        ),
      );
      expect(statements.filter((name) => name === "put_session").length).toBeLessThanOrEqual(2);
      expect(store.stats.entries).toBe(400);

      const later = await open(lease);
      expect(await later.keys.get("session", ["7", "8", "no"])).toEqual({
        "7": bytes("session 7"),
        "8": bytes("session 8"),
      });
      await later.keys.get("session", ["7", "no"]);
      expect(later.statements).toEqual(["read_session_keys"]);
    });

    test("what is written is read at once, what is deleted is gone", async () => {
      const { keys } = await open(await claimed());
      const writing = keys.set({ session: { a: bytes("1") } });
      expect(await keys.get("session", ["a"])).toEqual({ a: bytes("1") });
      await writing;
      await keys.set({ session: { a: null } });
      expect(await keys.get("session", ["a"])).toEqual({});
    });

    test("another owner's token ends it: the write is refused, told, and nothing is written any more", async () => {
      const lease = await claimed();
      const { keys, onFailure } = await open(lease);
      await keys.set({ session: { a: bytes("mine") } });
      await releaseSession(db, lease);
      const [next] = await acquireSessions(db, lease.shard, { worker: "two", room: 1, leaseSeconds: 30 });
      if (next === undefined) throw new Error("it was not free");
      const other = await open(next);
      await other.keys.set({ session: { a: bytes("theirs") } });

      await expect(keys.set({ session: { a: bytes("stale") } })).rejects.toThrow(StaleLeaseError);
      await expect(keys.set({ session: { a: bytes("stale") } })).rejects.toThrow(StaleLeaseError);
      expect(onFailure).toHaveBeenCalledOnce();
      expect(await (await open(next)).keys.get("session", ["a"])).toEqual({ a: bytes("theirs") });
    });

    test("a read that fails is no empty answer", async () => {
      const lease = await claimed();
      const away = new DatabaseUnavailableError("away", { code: "NETWORK" });
      let isAway = false;
      const { keys } = await open(lease, {
        query: (text, values) => (isAway ? Promise.reject(away) : db.query(text, values)),
      });
      isAway = true;
      await expect(keys.get("session", ["a"])).rejects.toThrow(DatabaseUnavailableError);
    });

    test("before a phone has linked the device nothing is stored of it", async () => {
      const lease = await claimed();
      const { store } = await open(lease);
      store.saveCreds({ pairingCode: "ABCD1234", me: { id: "1@s.whatsapp.net" } });
      await store.idle();
      expect(store.stats.writes).toBe(0);
      store.saveCreds({ account: {} });
      await store.idle();
      const later = (await open(lease)).store;
      expect(later.isLinked()).toBe(true);
      expect(later.auth.creds.noiseKey).toEqual(store.auth.creds.noiseKey);
    });
  },
);
