// A runner that is cut off from Postgres closes its connections by its own clock, before anybody else may connect; when Postgres
// is back, so is it.
import { once } from "node:events";
import net from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "./support/eventually.ts";
import { databaseUrl, freeShard, House, openDatabase } from "./support/house.ts";
import { type Simulator, startSimulator } from "./support/simulator.ts";

/** A way to Postgres that can be cut. */
async function startWay(to: URL): Promise<{ readonly url: string; cut(): void; mend(): void }> {
  const sockets = new Set<net.Socket>();
  let isCut = false;
  const server = net.createServer((near) => {
    if (isCut) return void near.destroy();
    const far = net.connect(Number(to.port), to.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: Object.assign(new URL(to), { hostname: "127.0.0.1", port: String(port) }).href,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isCut = false;
    },
  };
}

describe.skipIf(databaseUrl === undefined)(
  `a runner without Postgres${databaseUrl === undefined ? " (skipped: TEST_DATABASE_URL is not set)" : ""}`,
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

    test("gives up its connections before their leases end, and comes back", async () => {
      const way = await startWay(new URL(databaseUrl ?? ""));
      const house = new House(db, await freeShard(db), simulator);
      const fleet = house.fleet({ settings: { ...house.settings(6), SUPABASE_DB_URL: way.url } });
      const { account, phone } = await house.open();
      const leases = async () => {
        const { rows } = await db.query("select token, live from app.device_locks where account_id = $1", [account]);
        return { live: rows[0]?.live, token: Number(rows[0]?.token) };
      };
      const before = await leases();
      way.cut();
      await eventually(() => fleet.status().sessions.length === 0, "the session to be given up");
      expect(await leases()).toEqual({ ...before, live: true });
      await eventually(async () => (await simulator.live(phone)).length === 0, "the end of its connection");
      expect(house.lines.join("\n")).toContain("its lease could not be renewed in time");

      way.mend();
      await eventually(async () => (await leases()).token > before.token, "a new lease");
      await house.until(account, "OPEN");
      expect((await simulator.record(phone)).overlaps).toEqual([]);
    });
  },
);
