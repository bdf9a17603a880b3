// Several runner processes and their linked devices: killed, frozen, drained and stopped. The simulator's record is the witness
// that no number ever had two live connections.
import { drainWorker, moveSession } from "@switchboard/commons/db/sessions.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createScratchDatabase, type ScratchDatabase } from "../../../commons/test/support/scratch-database.ts";
import { eventually } from "./support/eventually.ts";
import { databaseUrl, House, newNumber, openDatabase } from "./support/house.ts";
import { startRunnerProcess } from "./support/runner.ts";
import { type Simulator, startSimulator } from "./support/simulator.ts";

describe.skipIf(databaseUrl === undefined)(
  `runners with linked devices${databaseUrl === undefined ? " (skipped: TEST_DATABASE_URL is not set)" : ""}`,
  () => {
    let scratch: ScratchDatabase;
    let db: ReturnType<typeof openDatabase>;
    let simulator: Simulator;
    beforeAll(async () => {
      [scratch, simulator] = await Promise.all([createScratchDatabase("fleet"), startSimulator()]);
      db = openDatabase(scratch.url);
    });
    afterAll(async () => {
      await simulator?.stop();
      await db?.end();
      await scratch?.drop();
    });
    const start = (env?: Record<string, string>) => startRunnerProcess(scratch.url, simulator, env);
    /** A house in shard 0, where runners work; sessions of earlier tests are gone. */
    const newHouse = async () => {
      await db.query("delete from public.sessions", []);
      return new House(db, 0, simulator);
    };
    type Lock = { owner: string; token: number; live: boolean };
    const lock = async (account: string): Promise<Lock | undefined> => {
      const { rows } = await db.query("select owner, token, live from app.device_locks where account_id = $1", [
        account,
      ]);
      // SAFETY: the columns are those asked for.
      return rows[0] as unknown as Lock | undefined;
    };
    /** Waits until an account is open at a worker. */
    const openAt = async (house: House, account: string, worker: string) => {
      await eventually(async () => (await lock(account))?.owner === worker, `the lease of ${worker}`);
      await house.until(account, "OPEN");
    };

    test("one that is killed is followed by another, without a new code and without two connections", async () => {
      const house = await newHouse();
      const one = await start();
      const { account, phone } = await house.open();
      const before = await lock(account);
      expect(before).toMatchObject({ owner: one.worker, live: true });
      const two = await start();
      await one.end("SIGKILL");
      const customer = await simulator.phone(newNumber());
      const { id } = await simulator.call<{ id: string }>("POST", `/phones/${customer}/messages`, {
        to: phone,
        text: "hi",
      });
      await openAt(house, account, two.worker);
      expect((await lock(account))?.token).toBeGreaterThan(before?.token ?? 0);
      const { overlaps, problems } = await simulator.record(phone);
      expect({ overlaps, problems }).toEqual({ overlaps: [], problems: [] });
      expect(await simulator.live(phone)).toHaveLength(1);
      const journal = () =>
        db.query("select from app.session_inbox where account_id = $1 and message_id = $2", [account, id]);
      await eventually(async () => (await journal()).rows.length === 1, "what came in between");
    });

    test("killed again and again while people write, nothing is lost and nothing is connected twice", async () => {
      const house = await newHouse();
      let present = await start();
      const { account, phone } = await house.open();
      const customer = await simulator.phone(newNumber());
      const ids = new Set<string>();
      const write = async (n: number) => {
        const body = { to: phone, text: `text ${n}` };
        ids.add((await simulator.call<{ id: string }>("POST", `/phones/${customer}/messages`, body)).id);
      };
      for (let round = 0; round < 3; round += 1) {
        const next = await start();
        const writing = Promise.all(Array.from({ length: 10 }, (_, n) => write(round * 10 + n)));
        await present.end("SIGKILL");
        await writing;
        await openAt(house, account, next.worker);
        present = next;
      }
      const journal = async () => {
        const sql = "select distinct message_id from app.session_inbox where account_id = $1";
        return new Set((await db.query(sql, [account])).rows.map(({ message_id }) => String(message_id)));
      };
      await eventually(async () => (await journal()).isSupersetOf(ids), "every message in the journal");
      expect(ids.size).toBe(30);
      const { overlaps, problems } = await simulator.record(phone);
      expect({ overlaps, problems }).toEqual({ overlaps: [], problems: [] });
    });

    test("one that was frozen finds itself fenced off when it wakes, and keeps still", async () => {
      const house = await newHouse();
      const one = await start();
      const { account, phone } = await house.open();
      const two = await start();
      one.signal("SIGSTOP");
      await openAt(house, account, two.worker);
      const { sockets } = await simulator.record(phone);
      one.signal("SIGCONT");
      await eventually(async () => (await one.sessions()).length === 0, "the frozen one to have given up");
      expect(one.output).toMatch(/a session is fenced off|a session is another worker's now/);
      // A message on the way through the other one: time enough for it to have connected again.
      const customer = await simulator.phone(newNumber());
      const { id } = await simulator.call<{ id: string }>("POST", `/phones/${customer}/messages`, {
        to: phone,
        text: "hi",
      });
      const journal = () => db.query("select from app.session_inbox where message_id = $1", [id]);
      await eventually(async () => (await journal()).rows.length === 1, "the message in the journal");
      const after = await simulator.record(phone);
      expect(after.sockets).toHaveLength(sockets.length);
      expect(await simulator.live(phone)).toHaveLength(1);
      expect((await lock(account))?.owner).toBe(two.worker);
    });

    test("two that start for the same sessions share them, one connection each", async () => {
      const house = await newHouse();
      const seed = await start();
      const opened = [await house.open(), await house.open(), await house.open(), await house.open()];
      expect(await seed.end("SIGTERM")).toBe(0);
      const [one, two] = await Promise.all([start(), start()]);
      for (const { account } of opened) await house.until(account, "OPEN");
      const held = await Promise.all([one.sessions(), two.sessions()]);
      expect(
        held
          .flat()
          .map(({ account }) => account)
          .sort(),
      ).toEqual(opened.map(({ account }) => account).sort());
      for (const { phone } of opened) {
        expect((await simulator.record(phone)).overlaps).toEqual([]);
        expect(await simulator.live(phone)).toHaveLength(1);
      }
    });

    test("a session is moved, a worker is drained, one is stopped: the device stays linked, and no lease has to run out", async () => {
      const house = await newHouse();
      const env = { SESSION_LEASE_SECONDS: "300" };
      const one = await start(env);
      const { account, phone } = await house.open();
      const two = await start(env);
      expect(await moveSession(db, 0, account, two.worker)).toBe(true);
      await openAt(house, account, two.worker);
      expect(await drainWorker(db, two.worker)).toBe(true);
      await openAt(house, account, one.worker);
      await drainWorker(db, two.worker, false);
      expect(await one.end("SIGTERM")).toBe(0);
      await openAt(house, account, two.worker);

      const { sockets, overlaps } = await simulator.record(phone);
      expect(overlaps).toEqual([]);
      const logins = sockets.filter((socket) => socket.logged_in_at !== undefined);
      expect(logins.map(({ end }) => end)).toEqual([...Array(3).fill("closed by the client"), undefined]);
      const { devices } = await simulator.call<{ devices: unknown[] }>("GET", `/phones/${phone}`);
      expect(devices).toHaveLength(1);
      expect([one, two].map(({ output }) => output).join("")).not.toContain(phone);
    });
  },
);
