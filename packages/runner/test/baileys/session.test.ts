// One session against the simulator, with Postgres under the test's control: what is written before what is sent, and what
// happens when it cannot be written.
import type { Database } from "@switchboard/commons/db/database.ts";
import { acquireSessions } from "@switchboard/commons/db/sessions.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { LinkedSession, type SessionHooks } from "../../src/baileys/session.ts";
import { eventually } from "./support/eventually.ts";
import { databaseUrl, freeShard, House, MASTER_KEYS, newNumber, openDatabase } from "./support/house.ts";
import { type Simulator, startSimulator } from "./support/simulator.ts";

describe.skipIf(databaseUrl === undefined)(
  `a session${databaseUrl === undefined ? " (skipped: TEST_DATABASE_URL is not set)" : ""}`,
  () => {
    const db = openDatabase();
    let simulator: Simulator;
    beforeAll(async () => {
      simulator = await startSimulator();
    });
    afterAll(async () => {
      await simulator?.stop();
      await db.end();
    });

    /** A session that is linked and open, without a fleet. */
    async function openSession(over: Database, hooks: SessionHooks = {}) {
      const house = new House(db, await freeShard(db), simulator);
      const account = await house.session();
      const [claim] = await acquireSessions(db, house.shard, { worker: "test", room: 1, leaseSeconds: 300 });
      if (claim === undefined) throw new Error("nothing was claimed");
      const { socketUrl: url } = simulator;
      const log = createLogger("test", "silent");
      const session = new LinkedSession({
        ...{ db: over, claim, masterKeys: MASTER_KEYS, url, version: undefined, hooks, log },
        onEnd: () => undefined,
      });
      onTestFinished(() => session.stop());
      session.start();
      const phone = await simulator.phone(newNumber());
      await house.scan(account, phone);
      return { house, session, account, phone };
    }

    test("a ratchet is committed before its message leaves", async () => {
      const order: string[] = [];
      const watched: Database = {
        async query(text, values) {
          const result = await db.query(text, values);
          if (text.includes("put_session") && values.some((value) => String(value).includes('"kind":"session"')))
            order.push("committed");
          return result;
        },
      };
      const { session } = await openSession(watched, {
        onSocket(_, socket) {
          // SAFETY: protected in the types only; what leaves goes through it.
          const { socket: line } = socket.ws as unknown as { socket: { send: (...args: unknown[]) => void } };
          const send = line.send.bind(line);
          line.send = (...args) => {
            order.push("sent");
            send(...args);
          };
        },
      });
      // No receipts come back, so nothing else is sent than the message.
      const customer = await simulator.phone(newNumber(), { auto_deliver: false });
      const jid = `${customer}@s.whatsapp.net`;
      // The first message makes the ratchets, the second steps them.
      await session.socket?.sendMessage(jid, { text: "one" });
      order.length = 0;
      await session.socket?.sendMessage(jid, { text: "two" });
      expect(order).toContain("committed");
      expect(order.at(-1)).toBe("sent");
      const texts = () => simulator.call<unknown[]>("GET", `/phones/${customer}/messages?direction=in`);
      await eventually(async () => (await texts()).length === 2, "both messages on the customer's phone");
    });

    test("a write that fails ends the connection; the next one goes on where Postgres stands", async () => {
      let isAway = false;
      const failing: Database = {
        query: (text, values) =>
          isAway && text.includes("put_session")
            ? Promise.reject(Object.assign(new Error("connection terminated"), { code: "08006" }))
            : db.query(text, values),
      };
      const { house, account, phone } = await openSession(failing);
      const customer = await simulator.phone(newNumber());
      const write = (text: string) =>
        simulator.call<{ id: string }>("POST", `/phones/${customer}/messages`, { to: phone, text });
      isAway = true;
      const { id } = await write("while it is away");
      await house.until(account, "BACKOFF", ({ reason }) => reason === "database_away");
      expect((await simulator.record(phone)).receipts.filter(({ ids }) => ids.includes(id))).toEqual([]);
      isAway = false;
      await house.until(account, "OPEN", ({ connects }) => connects === 2);
      const journal = async () =>
        (await db.query("select from app.session_inbox where account_id = $1 and message_id = $2", [account, id])).rows;
      await eventually(async () => (await journal()).length === 1, "the message in the journal, when it came again");
    });

    test("an incoming message costs one statement, and nothing is read for it", async () => {
      const statements: string[] = [];
      const counting: Database = {
        query(text, values) {
          statements.push(/app\.(\w+)/.exec(text)?.[1] ?? text);
          return db.query(text, values);
        },
      };
      const { account, phone } = await openSession(counting);
      const customer = await simulator.phone(newNumber());
      const journal = async () =>
        (await db.query("select from app.session_inbox where account_id = $1", [account])).rows.length;
      const write = (n: number) =>
        simulator.call("POST", `/phones/${customer}/messages`, { to: phone, text: `text ${n}` });
      await write(0);
      const before = await eventually(async () => (await journal()) || undefined, "the first message");
      statements.length = 0;
      for (let n = 1; n <= 20; n += 1) {
        await write(n);
        await eventually(async () => (await journal()) === before + n, `message ${n}`);
      }
      expect(statements.filter((name) => name === "put_session").length).toBeLessThanOrEqual(22);
      expect(statements.filter((name) => name === "read_session_keys").length).toBeLessThanOrEqual(2);
    });

    test("cut again and again, every message is journalled, and people can read every answer", async () => {
      const { house, session, account, phone } = await openSession(db);
      const customer = await simulator.phone(newNumber());
      const jid = `${customer}@s.whatsapp.net`;
      const ids: string[] = [];
      for (let round = 1; round <= 3; round += 1) {
        for (let n = 0; n < 10; n += 1) {
          const body = { to: phone, text: `question ${round} ${n}` };
          ids.push((await simulator.call<{ id: string }>("POST", `/phones/${customer}/messages`, body)).id);
          // An answer may fail with its connection: whoever sends it sees that, and decides.
          if (n % 3 === 0)
            await session.socket?.sendMessage(jid, { text: `answer ${round} ${n}` }).catch(() => undefined);
          if (n === 5) await simulator.end(phone, "kill");
        }
        await house.until(account, "OPEN", ({ connects }) => connects > round);
      }
      const journal = async () => {
        const { rows } = await db.query("select distinct message_id from app.session_inbox where account_id = $1", [
          account,
        ]);
        return new Set(rows.map(({ message_id }) => String(message_id)));
      };
      await eventually(async () => (await journal()).isSupersetOf(new Set(ids)), "every message in the journal");
      const { deliveries } = await simulator.call<{ deliveries: { error?: string }[] }>(
        "GET",
        `/record?phone=${customer}`,
      );
      expect(deliveries.length).toBeGreaterThan(2);
      expect(deliveries.filter(({ error }) => error !== undefined)).toEqual([]);
    });
  },
);
