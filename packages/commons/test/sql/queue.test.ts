// The queue with several workers: one owner a lane, no wake-up lost, no deadlock between an old and a new owner.
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import {
  type Connection,
  claim,
  conversations,
  type House,
  ingest,
  message,
  untilBlocked,
  withHouse,
} from "./support.ts";

async function enqueue(connection: Connection, house: House, lane: string): Promise<number> {
  return Number(
    await connection.one("select app.enqueue_message($1::smallint, 'inbound', $2, $3, 'work', '{}', 'c')", [
      house.shard,
      lane,
      house.tenantId,
    ]),
  );
}

async function complete(
  connection: Connection,
  house: House,
  work: { readonly lane_id: string; readonly token: string; readonly seq: string },
): Promise<void> {
  await connection.rows("select app.complete_queue_messages($1::smallint, 'inbound', $2, $3, $4)", [
    house.shard,
    work.lane_id,
    work.token,
    work.seq,
  ]);
}

/** The same by the function for many lanes: a stale token is told by what it returns, one that is just passing on by 40001. */
async function completeMany(
  connection: Connection,
  house: House,
  work: { readonly token: string; readonly seq: string },
): Promise<void> {
  const call = () =>
    connection.one<string[]>("select stale from app.complete_queue_lanes($1::smallint, 'inbound', $2, $3)", [
      house.shard,
      [work.token],
      [work.seq],
    ]);
  const stale = await call().catch((error: { code: string }) => {
    if (error.code !== "40001") throw error;
    return call();
  });
  if (stale.length > 0) throw Object.assign(new Error("stale"), { code: "SB001" });
}

const WAYS = [
  { way: "complete_queue_messages", complete },
  { way: "complete_queue_lanes", complete: completeMany },
] as const;

describeWithPostgres("the queue, concurrently", () => {
  test("two claimers never get the same lane", async () => {
    await withHouse(async (house, first) => {
      const workers = [first, await house.connect(), await house.connect(), await house.connect()];
      const lanes = Array.from({ length: 60 }, () => randomUUID());
      for (let round = 0; round < 5; round += 1) {
        for (const lane of lanes) await enqueue(first, house, lane);
        const claimed = await Promise.all(
          workers.map(async (worker) => {
            const mine = [];
            for (;;) {
              const got = await claim(worker, house, { queue: "inbound", lanes: 3 });
              if (got.length === 0) return mine;
              mine.push(...got);
            }
          }),
        );
        const all = claimed.flat();
        expect(all.map(({ lane_id }) => lane_id).sort()).toEqual([...lanes].sort());
        expect(new Set(all.map(({ token }) => token)).size).toBe(60);
        for (const work of all) await complete(first, house, work);
      }
    });
  });

  test.each(WAYS)(
    "enqueue racing with the $way that idles the lane loses no wake-up and keeps the order",
    async ({ complete }) => {
      await withHouse(async (house, writer) => {
        const worker = await house.connect();
        const lane = randomUUID();
        const rounds = 400;
        let written = 0;
        const writing = (async () => {
          while (written < rounds) {
            await enqueue(writer, house, lane);
            written += 1;
          }
        })();
        const done: number[] = [];
        for (;;) {
          const before = written;
          const work = await claim(worker, house, { queue: "inbound" });
          const last = work.at(-1);
          if (last === undefined && before === rounds) break;
          if (last === undefined) continue;
          done.push(...work.map(({ seq }) => Number(seq)));
          await complete(worker, house, last);
        }
        await writing;
        expect(done).toEqual(Array.from({ length: rounds }, (_, index) => index + 1));
        const lanes = await writer.rows("select tail, idle_at from app.queue_lane where shard = $1", [house.shard]);
        expect(lanes).toEqual([{ tail: String(rounds), idle_at: String(rounds) }]);
      });
    },
  );

  test.each(WAYS)(
    "a stale worker and the one who took its lane over: one $way counts, whichever comes first",
    async ({ complete }) => {
      await withHouse(async (house, old) => {
        const fresh = await house.connect();
        for (let round = 0; round < 60; round += 1) {
          const lane = randomUUID();
          await enqueue(old, house, lane);
          const [stale] = await claim(old, house, { queue: "inbound" });
          if (stale === undefined) throw new Error("nothing claimed");
          // Its lease runs out.
          await old.rows(
            "update app.queue_ready set at = now() - interval '1 second' where shard = $1 and lane_id = $2",
            [house.shard, lane],
          );
          const completed: string[] = [];
          const oldTry = complete(old, house, stale).then(
            () => completed.push("old"),
            (error: { code: string }) => expect(error.code).toBe("SB001"),
          );
          const freshTry = claim(fresh, house, { queue: "inbound" }).then(async ([work]) => {
            if (work === undefined) return;
            await complete(fresh, house, work);
            completed.push("fresh");
          });
          await Promise.all([oldTry, freshTry]);
          expect(completed).toHaveLength(1);
        }
      });
    },
  );

  test("what is enqueued while a lane is about to run empty keeps it ready", async () => {
    await withHouse(async (house, worker) => {
      const writer = await house.connect();
      const observer = await house.connect();
      const lane = randomUUID();
      await enqueue(writer, house, lane);
      const [work] = await claim(worker, house, { queue: "inbound" });
      if (work === undefined) throw new Error("nothing claimed");
      await writer.rows("begin");
      await enqueue(writer, house, lane);
      const completing = completeMany(worker, house, work);
      await untilBlocked(observer, worker);
      await writer.rows("commit");
      await completing;
      const ready = await writer.rows("select done, leased_by from app.queue_ready where shard = $1", [house.shard]);
      expect(ready).toEqual([{ done: "1", leased_by: null }]);
    });
  });

  test("workers that complete and enqueue many lanes in any order do not deadlock", async () => {
    await withHouse(async (house, first) => {
      const others = await Promise.all([house.connect(), house.connect(), house.connect()]);
      const lanes = Array.from({ length: 12 }, () => randomUUID());
      const put = async (connection: Connection) => {
        const shuffled = lanes.map((lane) => ({ lane, at: Math.random() })).sort((a, b) => a.at - b.at);
        const messages = shuffled.map(({ lane }, n) => ({
          lane_id: lane,
          tenant_id: house.tenantId,
          kind: "work",
          payload: {},
          correlation_id: "c",
          priority: n % 10,
        }));
        await connection.rows("select app.enqueue_messages($1::smallint, 'inbound', $2)", [
          house.shard,
          JSON.stringify(messages),
        ]);
      };
      const step = async (connection: Connection, done: readonly { token: string; seq: string }[]) =>
        await connection.rows<{ token: string; seq: string }>(
          "select token, seq from app.next_queue_messages($1::smallint, 'inbound', 'w', 8, 1, '1 minute', $2, $3)",
          [house.shard, done.map(({ token }) => token), done.map(({ seq }) => seq)],
        );
      let handled = 0;
      const work = async (connection: Connection, until: () => boolean) => {
        let done: { token: string; seq: string }[] = [];
        do {
          done = await step(connection, done);
          handled += done.length;
        } while (done.length > 0 || !until());
      };
      let writing = 2;
      const write = async (connection: Connection) => {
        for (let round = 0; round < 20; round += 1) await put(connection);
        writing -= 1;
      };
      const [second, third, fourth] = others;
      if (second === undefined || third === undefined || fourth === undefined) throw new Error("not connected");
      await Promise.all([
        write(first),
        write(second),
        work(third, () => writing === 0),
        work(fourth, () => writing === 0),
      ]);
      expect(handled).toBe(2 * 20 * lanes.length);
    });
  });

  test("the new owner's start_turn and the old owner's fail_turn do not deadlock", async () => {
    await withHouse(async (house, fresh) => {
      const old = await house.connect();
      const blocker = await house.connect();
      const observer = await house.connect();
      await ingest(fresh, [message(house, "m1")]);
      const [lane] = await conversations(fresh, house);
      const [stale] = await claim(old, house, { queue: "inbound" });
      await fresh.rows("update app.queue_ready set at = now() - interval '1 second' where shard = $1", [house.shard]);
      const [work] = await claim(fresh, house, { queue: "inbound" });
      await fresh.rows("select app.open_session($1::smallint, $2, $3)", [house.shard, house.tenantId, lane]);

      // Both wait for the lane, the new owner first; then it goes on while the old one holds the conversation.
      await blocker.rows("begin");
      await blocker.rows("select from app.queue_lane where shard = $1 for update", [house.shard]);
      const starting = fresh.rows("select app.start_turn($1::smallint, $2, $3, 1)", [house.shard, lane, work?.token]);
      await untilBlocked(observer, fresh);
      const failing = old.rows("select app.fail_turn($1::smallint, $2, $3, 1, '{}')", [
        house.shard,
        lane,
        stale?.token,
      ]);
      await untilBlocked(observer, old);
      const ends = Promise.allSettled([starting, failing]);
      await blocker.rows("commit");
      expect(await ends).toMatchObject([{ status: "fulfilled" }, { status: "rejected", reason: { code: "SB001" } }]);
    });
  });
});
