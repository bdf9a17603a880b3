// A device is linked, works, and comes back: through the real library, against the WhatsApp Web simulator and Postgres.
import { restartSession, stopSession } from "@switchboard/commons/db/sessions.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JournalMessage } from "../../src/baileys/journal-pump.ts";
import { eventually } from "./support/eventually.ts";
import { databaseUrl, freeShard, House, newNumber, openDatabase } from "./support/house.ts";
import { type Simulator, startSimulator } from "./support/simulator.ts";

describe.skipIf(databaseUrl === undefined)(
  `linked devices${databaseUrl === undefined ? " (skipped: TEST_DATABASE_URL is not set)" : ""}`,
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
    const newHouse = async () => new House(db, await freeShard(db), simulator);

    test("a QR code links it, and it connects again without another one", async () => {
      const house = await newHouse();
      const first = house.fleet();
      const { account, phone } = await house.open();
      const open = await house.view(account);
      expect(open).toMatchObject({ code: null, reason: null, paired_jid: expect.stringContaining(phone) });

      await first.stop();
      expect(await house.view(account)).toMatchObject({ state: "DEGRADED", reason: "handed_over" });
      expect(await simulator.live(phone)).toEqual([]);
      house.fleet();
      await house.until(account, "OPEN");
      const { sockets, overlaps, problems } = await simulator.record(phone);
      expect(sockets.filter((socket) => socket.logged_in_at !== undefined)).toHaveLength(2);
      expect({ overlaps, problems }).toEqual({ overlaps: [], problems: [] });
    });

    test("a code that the phone types links it", async () => {
      const house = await newHouse();
      house.fleet();
      const phone = await simulator.phone(newNumber());
      const account = await house.session({ method: "code", phone });
      const { code } = await house.until(account, "PAIRING", (view) => view.code !== null);
      expect(code).toMatch(/^[0-9A-Z]{8}$/);
      await simulator.call("POST", `/phones/${phone}/enter-code`, { code });
      expect((await house.until(account, "OPEN")).paired_jid).toContain(phone);
    });

    test("codes that nobody scans run out, and a person gets new ones", async () => {
      const house = await newHouse();
      house.fleet({ qrMs: 150 });
      const phone = await simulator.phone(newNumber());
      const account = await house.session();
      await house.until(account, "NEEDS_HUMAN");
      expect(await house.view(account)).toMatchObject({ reason: "code_expired", code: null });
      await restartSession(db, house.shard, account);
      await house.until(account, "QR");
      // The present code may run out on the way to the phone.
      await eventually(async () => {
        const { code } = await house.view(account);
        return (
          code !== null && (await simulator.call("POST", `/phones/${phone}/scan`, { qr: code }).catch(() => undefined))
        );
      }, "a scan in time");
      await house.until(account, "OPEN");
    });

    test("one that is stopped stays linked", async () => {
      const house = await newHouse();
      house.fleet();
      const { account, phone } = await house.open();
      await stopSession(db, house.shard, account);
      await house.until(account, "DEGRADED", ({ reason }) => reason === "stopped");
      expect(await simulator.live(phone)).toEqual([]);
      await restartSession(db, house.shard, account);
      await house.until(account, "OPEN");
    });

    test("what comes in is in the journal before WhatsApp hears that it arrived, and goes when it is handed on", async () => {
      const house = await newHouse();
      const first = house.fleet();
      const { account, phone } = await house.open();
      const customer = await simulator.phone(newNumber());
      const { id } = await simulator.call<{ id: string }>("POST", `/phones/${customer}/messages`, {
        to: phone,
        text: "a secret text",
      });
      await eventually(
        async () => (await simulator.record(phone)).receipts.find(({ ids }) => ids.includes(id)),
        "a receipt",
      );
      const journal = async () =>
        (await db.query("select message_id from app.session_inbox where account_id = $1", [account])).rows;
      expect(await journal()).toContainEqual({ message_id: id });
      await first.stop();

      const heard: JournalMessage[] = [];
      house.fleet({ hooks: { onJournal: async (_, messages) => void heard.push(...messages) } });
      const message = await eventually(() => heard.find(({ place }) => place.messageId === id), "the message");
      expect(Buffer.from(message.plaintext).toString("latin1")).toContain("a secret text");
      await eventually(async () => (await journal()).length === 0, "an empty journal");
    });

    test("neither tables nor logs show keys, codes, numbers or texts", async () => {
      const house = await newHouse();
      house.fleet();
      const phone = await simulator.phone(newNumber());
      const account = await house.session();
      const { code } = await house.until(account, "QR", (view) => view.code !== null);
      await house.scan(account, phone);
      const customer = await simulator.phone(newNumber());
      await simulator.call("POST", `/phones/${customer}/messages`, { to: phone, text: "a secret text" });
      await eventually(
        async () => (await db.query("select from app.session_inbox where account_id = $1", [account])).rows.length > 0,
        "the message",
      );
      const { rows } = await db.query(
        `select body from app.session_creds where account_id = $1 union all select body from app.session_keys where account_id = $1
          union all select body from app.session_inbox where account_id = $1`,
        [account],
      );
      expect(rows.length).toBeGreaterThan(800);
      const bodies = Buffer.concat(rows.map(({ body }) => body as Buffer)).toString("latin1");
      expect(["private", "public", "Buffer", "_chains", "secret"].filter((word) => bodies.includes(word))).toEqual([]);
      const log = house.lines.join("\n");
      const [, , identity, adv] = (code ?? "").split(",");
      const words = [code, identity, adv, phone, customer, "a secret text", "privKey"];
      expect(words.filter((word) => word !== undefined && word !== null && log.includes(word))).toEqual([]);
    });
  },
);
