// The lease of a session between connections: who claims, who writes, who is too late.
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import { type Connection, type House, untilBlocked, withHouse } from "./support.ts";

describeWithPostgres("the lease of a session", () => {
  async function newSession(house: House, connection: Connection): Promise<string> {
    const account = await connection.one<string>(
      "select app.upsert_whatsapp_account($1::smallint, $2, 'baileys', $3, null, 'device', 'agent:test')",
      [house.shard, house.tenantId, randomUUID()],
    );
    await connection.rows("select app.create_session($1::smallint, $2)", [house.shard, account]);
    return account;
  }
  type Claim = { readonly account_id: string; readonly token: string };
  const acquire = (connection: Connection, house: House, worker: string, room = 10) =>
    connection.rows<Claim>("select account_id, token from app.acquire_sessions($1::smallint, $2, $3, '10 minutes')", [
      house.shard,
      worker,
      room,
    ]);
  const put = (connection: Connection, house: House, claim: Claim, body: string) =>
    connection.rows("select app.put_session($1::smallint, $2, $3, 'k', null, $4)", [
      house.shard,
      claim.account_id,
      claim.token,
      JSON.stringify([{ kind: "session", id: "1", body: btoa(body) }]),
    ]);
  const expire = (connection: Connection, house: House) =>
    connection.rows("update app.session_leases set expires_at = app.now() - interval '1 minute' where shard = $1", [
      house.shard,
    ]);

  test("workers that claim at the same time get different sessions", async () => {
    await withHouse(async (house, one) => {
      const accounts = [];
      for (let n = 0; n < 20; n += 1) accounts.push(await newSession(house, one));
      await expire(one, house);
      const connections = [one, ...(await Promise.all([1, 2, 3].map(() => house.connect())))];
      const claims = (await Promise.all(connections.map((each, n) => acquire(each, house, `w${n}`, 7)))).flat();
      expect(claims.map(({ account_id }) => account_id).sort()).toEqual(
        [...new Set(claims.map(({ account_id }) => account_id))].sort(),
      );
      for (const rest of connections) claims.push(...(await acquire(rest, house, "late", 20)));
      expect(claims.map(({ account_id }) => account_id).sort()).toEqual(accounts.sort());
    });
  });

  test("while a write is on its way nobody takes the session over; afterwards the writer is too late", async () => {
    await withHouse(async (house, one) => {
      await newSession(house, one);
      const [claim] = await acquire(one, house, "w1");
      if (claim === undefined) throw new Error("nothing was claimed");
      await expire(one, house);
      const two = await house.connect();
      await one.rows("begin");
      await put(one, house, claim, "mine");
      expect(await acquire(two, house, "w2")).toEqual([]);
      await one.rows("commit");
      const [next] = await acquire(two, house, "w2");
      expect(Number(next?.token)).toBeGreaterThan(Number(claim.token));
      await expect(put(one, house, claim, "too late")).rejects.toMatchObject({ code: "SB001" });
    });
  });

  test("a write that begins during a takeover waits for it, and is refused", async () => {
    await withHouse(async (house, one) => {
      await newSession(house, one);
      const [claim] = await acquire(one, house, "w1");
      if (claim === undefined) throw new Error("nothing was claimed");
      await expire(one, house);
      const [two, observer] = [await house.connect(), await house.connect()];
      await two.rows("begin");
      expect(await acquire(two, house, "w2")).toHaveLength(1);
      const late = put(one, house, claim, "too late");
      late.catch(() => undefined);
      await untilBlocked(observer, one);
      await two.rows("commit");
      await expect(late).rejects.toMatchObject({ code: "SB001" });
    });
  });
});
