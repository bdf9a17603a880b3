// What keeps claims, pauses, caps, keys and leases apart when two connections meet at them.
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import { type Connection, claim, type House, untilBlocked, withHouse } from "./support.ts";

async function enqueue(connection: Connection, house: House, options: { lane?: string; key?: string } = {}) {
  const sql = "select app.enqueue_message($1::smallint, 'inbound', $2, $3, 'work', '{}', 'c', p_idempotency_key => $4)";
  return await connection.one(sql, [house.shard, options.lane ?? randomUUID(), house.tenantId, options.key ?? null]);
}

describeWithPostgres("the queue's fences, concurrently", () => {
  test("a cap holds however many claim at the same time, and nothing deadlocks", async () => {
    await withHouse(async (house, first) => {
      const workers = [first, ...(await Promise.all([1, 2, 3].map(() => house.connect())))];
      await first.rows("select app.configure_tenant($1::smallint, $2, p_max_concurrency => 5)", [
        house.shard,
        house.tenantId,
      ]);
      for (let n = 0; n < 40; n += 1) await enqueue(first, house);
      for (let round = 0; round < 10; round += 1) {
        const claimed = await Promise.all(
          workers.map((worker) => claim(worker, house, { queue: "inbound", lanes: 4 })),
        );
        const leased = await first.one(
          "select count(*)::integer from app.queue_ready where shard = $1 and leased_by is not null",
          [house.shard],
        );
        expect(leased).toBeLessThanOrEqual(5);
        for (const work of claimed.flat())
          await first.rows("select app.complete_queue_messages($1::smallint, 'inbound', $2, $3, $4)", [
            house.shard,
            work.lane_id,
            work.token,
            work.seq,
          ]);
      }
    });
  });

  test("the same key twice at the same time is one piece of work", async () => {
    await withHouse(async (house, first) => {
      const second = await house.connect();
      const observer = await house.connect();
      const lane = randomUUID();
      await first.rows("begin");
      await enqueue(first, house, { lane, key: "k" });
      const again = enqueue(second, house, { lane, key: "k" });
      await untilBlocked(observer, second);
      await first.rows("commit");
      expect(await again).toBe("1");
      expect(await claim(first, house, { queue: "inbound" })).toHaveLength(1);
    });
  });

  test("a pause that is lifted while a claim puts its lane aside leaves nothing behind", async () => {
    await withHouse(async (house, claimer) => {
      const person = await house.connect();
      const observer = await house.connect();
      const pause = [house.shard, house.tenantId];
      await person.rows("select app.pause_queue($1::smallint, 'inbound', 'test', $2)", pause);
      await enqueue(claimer, house);
      await claimer.rows("begin");
      expect(await claim(claimer, house, { queue: "inbound" })).toEqual([]);
      const resuming = person.rows("select app.resume_queue($1::smallint, 'inbound', $2)", pause);
      await untilBlocked(observer, person);
      await claimer.rows("commit");
      await resuming;
      expect(await claim(claimer, house, { queue: "inbound" })).toHaveLength(1);
    });
  });

  test("a lane that kills its workers is buried without waiting for whoever has it locked", async () => {
    await withHouse(async (house, claimer) => {
      const writer = await house.connect();
      await enqueue(claimer, house);
      await claim(claimer, house, { queue: "inbound" });
      const ranOut = "update app.queue_ready set lost = 30, at = now() - interval '1 second' where shard = $1";
      await claimer.rows(ranOut, [house.shard]);
      await writer.rows("begin");
      await writer.rows("select from app.queue_lane where shard = $1 for update", [house.shard]);
      expect(await claim(claimer, house, { queue: "inbound" })).toEqual([]);
      const dead = "select count(*)::integer from app.queue_dead_letter where shard = $1";
      expect(await claimer.one(dead, [house.shard])).toBe(0);
      await writer.rows("commit");
      await claimer.rows(ranOut, [house.shard]);
      expect(await claim(claimer, house, { queue: "inbound" })).toEqual([]);
      expect(await claimer.one(dead, [house.shard])).toBe(1);
    });
  });

  test("one of many gets a lease, and each next one has a greater token", async () => {
    await withHouse(async (house, first) => {
      const others = [first, ...(await Promise.all([1, 2, 3].map(() => house.connect())))];
      let newest = 0;
      for (let round = 0; round < 20; round += 1) {
        const tokens = await Promise.all(
          others.map((connection, index) =>
            connection.one<string | null>("select app.acquire_message_lock($1::smallint, 'm', $2)", [
              house.shard,
              `w${index}`,
            ]),
          ),
        );
        const owner = tokens.findIndex((token) => token !== null);
        expect(tokens.filter((token) => token !== null)).toHaveLength(1);
        expect(Number(tokens[owner])).toBeGreaterThan(newest);
        newest = Number(tokens[owner]);
        const given = await first.one("select app.release_message_lock($1::smallint, 'm', $2, $3)", [
          house.shard,
          `w${owner}`,
          newest,
        ]);
        expect(given).toBe(true);
      }
    });
  });

  test("one promoter at a time, so that the order holds", async () => {
    await withHouse(async (house, first) => {
      const second = await house.connect();
      const lane = randomUUID();
      for (let n = 0; n < 3; n += 1)
        await first.rows(
          "insert into app.queue_scheduled (shard, run_at, queue, lane_id, tenant_id, kind, payload, correlation_id, priority) values ($1, now(), 'inbound', $2, $3, 'work', $4, 'c', 5)",
          [house.shard, lane, house.tenantId, { n }],
        );
      await first.rows("begin");
      expect(await first.one("select app.promote_scheduled($1::smallint, 2)", [house.shard])).toBe(2);
      expect(await second.one("select app.promote_scheduled($1::smallint)", [house.shard])).toBe(0);
      await first.rows("commit");
      expect(await second.one("select app.promote_scheduled($1::smallint)", [house.shard])).toBe(1);
      const work = await claim(first, house, { queue: "inbound" });
      expect(work.map(({ payload }) => payload.n)).toEqual([0, 1, 2]);
    });
  });
});
