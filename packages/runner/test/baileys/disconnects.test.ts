// The table of disconnects, code by code, and the same with a real connection.
import { logoutSession } from "@switchboard/commons/db/sessions.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DISCONNECTS, reactionTo } from "../../src/baileys/disconnects.ts";
import { databaseUrl, freeShard, House, openDatabase } from "./support/house.ts";
import { type Simulator, startSimulator } from "./support/simulator.ts";

const LINKED = { linked: true, loggingOut: false, conflicts: 0 };
const NEW = { ...LINKED, linked: false };

describe("the table", () => {
  test.each([
    [401, "forget", "unlinked"],
    [402, "park", "temporary_ban"],
    [403, "park", "account_locked"],
    [405, "park", "client_outdated"],
    [406, "park", "banned"],
    [408, "backoff", "connection_lost"],
    [409, "park", "client_refused"],
    [411, "park", "phone_outdated"],
    [428, "backoff", "connection_closed"],
    [440, "backoff", "replaced"],
    [500, "backoff", "stream_error"],
    [501, "backoff", "stream_error"],
    [503, "backoff", "unavailable"],
    [515, "again", "restart_required"],
    [599, "backoff", "unknown"],
    [undefined, "backoff", "unknown"],
  ])("%s: %s, %s", (code, next, reason) => {
    expect(reactionTo({ code }, LINKED)).toMatchObject({ next, reason });
  });

  test("has words for people everywhere, and they end in a sentence", () => {
    for (const { words } of Object.values(DISCONNECTS)) expect(words).toMatch(/^[A-Z].{20,}\.$/);
  });

  test("keys are forgotten for nothing but the end of a login", () => {
    const forgets = Object.entries(DISCONNECTS).filter(([, { next }]) => next === "forget");
    expect(forgets.map(([code]) => code)).toEqual(["401"]);
  });

  test("before a phone has linked the device", () => {
    expect(reactionTo({ code: 408 }, NEW)).toMatchObject({ next: "park", reason: "code_expired" });
    expect(reactionTo({ code: 401 }, NEW)).toMatchObject({ next: "park", reason: "link_refused" });
    expect(reactionTo({ code: 428 }, NEW)).toMatchObject({ next: "backoff" });
  });

  test("a ban lasts as long as WhatsApp says, else a day", () => {
    expect(reactionTo({ code: 402, banSeconds: 600 }, LINKED)).toMatchObject({ retryInSeconds: 600 });
    expect(reactionTo({ code: 402 }, LINKED)).toMatchObject({ retryInSeconds: 86_400 });
  });

  test("a conflict is tried once more, then a person looks at it", () => {
    expect(reactionTo({ code: 440 }, LINKED)).toMatchObject({ next: "backoff", retryInSeconds: 10 });
    expect(reactionTo({ code: 440 }, { ...LINKED, conflicts: 1 })).toMatchObject({ next: "park", reason: "conflict" });
  });

  test("our own logout is no accident", () => {
    expect(reactionTo({ code: 401 }, { ...LINKED, loggingOut: true })).toMatchObject({
      next: "forget",
      reason: "logged_out",
    });
  });
});

describe.skipIf(databaseUrl === undefined)(
  `real connections that end${databaseUrl === undefined ? " (skipped: TEST_DATABASE_URL is not set)" : ""}`,
  () => {
    const db = openDatabase();
    let simulator: Simulator;
    let house: House;
    beforeAll(async () => {
      simulator = await startSimulator();
      house = new House(db, await freeShard(db), simulator);
    });
    afterAll(async () => {
      await simulator?.stop();
      await db.end();
    });

    const keysOf = async (account: string) =>
      (await db.query("select from app.session_keys where account_id = $1", [account])).rows.length;

    test.each([["kill"], [515], [503], [500], [408]] as const)("%s: it is open again soon", async (how) => {
      house.fleet();
      const { account, phone } = await house.open();
      await simulator.end(phone, how);
      await house.until(account, "OPEN", ({ connects }) => connects === 2);
      const { sockets, overlaps } = await simulator.record(phone);
      // Linking itself takes one that never logs in.
      expect(sockets.filter((socket) => socket.logged_in_at !== undefined)).toHaveLength(2);
      expect(overlaps).toEqual([]);
      expect((await house.view(account)).attempts).toBe(how === 515 ? 0 : 1);
    });

    test.each([
      [402, "temporary_ban"],
      [403, "account_locked"],
      [405, "client_outdated"],
      [406, "banned"],
      [409, "client_refused"],
      [411, "phone_outdated"],
    ] as const)("%i: a person sees to it, and the keys are kept", async (code, reason) => {
      house.fleet();
      const { account, phone } = await house.open();
      await simulator.call("POST", "/faults", { refuse_logins: [{ code, phone }] });
      await simulator.end(phone, "kill");
      const parked = await house.until(account, "NEEDS_HUMAN");
      expect(parked).toMatchObject({ reason, words: DISCONNECTS[code]?.words });
      expect(await simulator.live(phone)).toEqual([]);
      expect(await keysOf(account)).toBeGreaterThan(0);
      const tasks = await db.query("select reason from public.tasks where account_id = $1 and resolved_at is null", [
        account,
      ]);
      expect(tasks.rows).toEqual([{ reason: parked.words }]);
    });

    test("440: it stays down for a while, instead of fighting", async () => {
      house.fleet();
      const { account, phone } = await house.open();
      await simulator.end(phone, 440);
      expect(await house.until(account, "BACKOFF")).toMatchObject({ reason: "replaced" });
      expect(await simulator.live(phone)).toEqual([]);
    });

    test("unlinked on the phone: the keys are forgotten, and nobody connects any more", async () => {
      house.fleet();
      const { account, phone } = await house.open();
      await simulator.end(phone, "unlink");
      expect(await house.until(account, "LOGGED_OUT")).toMatchObject({ reason: "unlinked" });
      expect(await keysOf(account)).toBe(0);
    });

    test("logged out here: WhatsApp knows, and the keys are forgotten", async () => {
      house.fleet();
      const { account, phone } = await house.open();
      await logoutSession(db, house.shard, account);
      expect(await house.until(account, "LOGGED_OUT")).toMatchObject({ reason: "logged_out", desired: "stopped" });
      expect(await keysOf(account)).toBe(0);
      const { devices } = await simulator.call<{ devices: unknown[] }>("GET", `/phones/${phone}`);
      expect(devices).toEqual([]);
    });
  },
);
