// The rotation of master keys reaches the keys of linked devices, also of one that is connected meanwhile.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { acquireSessions, createSession } from "@switchboard/commons/db/sessions.ts";
import { upsertTenant, upsertWhatsappAccount } from "@switchboard/commons/db/tenancy.ts";
import { openSessionVault } from "@switchboard/commons/session-vault.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createScratchDatabase, type ScratchDatabase } from "../../../commons/test/support/scratch-database.ts";
import { openAuthStore } from "../../src/baileys/auth-store.ts";
import { databaseUrl, MASTER_KEYS, openDatabase } from "./support/house.ts";

const root = path.resolve(import.meta.dirname, "../../../..");
const ROTATED = `k2:${btoa("z".repeat(32))}`;

describe.skipIf(databaseUrl === undefined)(
  `rotating the master key${databaseUrl === undefined ? " (skipped: TEST_DATABASE_URL is not set)" : ""}`,
  () => {
    let scratch: ScratchDatabase;
    let db: ReturnType<typeof openDatabase>;
    beforeAll(async () => {
      scratch = await createScratchDatabase("rotation");
      db = openDatabase(scratch.url);
    });
    afterAll(async () => {
      await db?.end();
      await scratch?.drop();
    });

    test("all rows are under the new key, and say what they said", async () => {
      const tenant = await upsertTenant(db, 0, "rotation", "Rotation");
      const account = {
        provider: "baileys",
        displayPhone: "",
        name: "Device",
        agent: "agent:none",
        externalId: "rotation",
      };
      const accountId = await upsertWhatsappAccount(db, 0, tenant, account);
      await createSession(db, 0, accountId);
      const [lease] = await acquireSessions(db, 0, { worker: "test", room: 1, leaseSeconds: 60 });
      if (lease === undefined) throw new Error("nothing was claimed");
      const open = (masterKeys: string) => {
        const vault = openSessionVault(masterKeys, accountId);
        return openAuthStore({ db, lease, vault, onFailure: () => undefined, onJournal: () => undefined });
      };
      const store = await open(MASTER_KEYS);
      store.saveCreds({ me: { id: "1@s.whatsapp.net" }, account: {} });
      const ids = Array.from({ length: 600 }, (_, n) => String(n));
      await store.auth.keys.set({ "lid-mapping": Object.fromEntries(ids.map((id) => [id, `lid ${id}`])) });
      await store.idle();

      const run = spawnSync(process.execPath, ["scripts/rotate-master-key.ts"], {
        cwd: root,
        env: { PATH: process.env.PATH, SUPABASE_DB_URL: scratch.url, MASTER_KEYS: `${ROTATED},${MASTER_KEYS}` },
        encoding: "utf8",
      });
      expect(run.stderr).toBe("");
      expect(run.stdout).toContain("601 rows of linked devices are encrypted anew.");
      const later = await open(ROTATED);
      expect(later.auth.creds.noiseKey).toEqual(store.auth.creds.noiseKey);
      expect(Object.keys(await later.auth.keys.get("lid-mapping", ids))).toHaveLength(600);
      // The one that was connected all the while writes on.
      await store.auth.keys.set({ "lid-mapping": { "0": "newer" } });
    });
  },
);
