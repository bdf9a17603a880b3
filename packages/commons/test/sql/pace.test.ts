// The token buckets: with several connections at once, and under any pattern of asking.
import fc from "fast-check";
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import { type Connection, conversations, type House, ingest, message, withHouse } from "./support.ts";

const START = Date.UTC(2026, 10, 20, 10);

/** Asks for a token at that time; null: there was one. */
async function ask(connection: Connection, house: House, lane: string, atMs?: number) {
  const now = atMs === undefined ? "" : new Date(atMs).toISOString();
  await connection.rows("select set_config('app.fake_now', $1, false)", [now]);
  const answer = await connection.one<{ until: string; why: string } | null>(
    "select app.take_tokens($1::smallint, $2, $3)",
    [house.shard, house.accountId, lane],
  );
  await connection.rows("select set_config('app.fake_now', '', false)");
  return answer;
}

async function configure(
  connection: Connection,
  house: House,
  rates: { rate: number; intervalMs: number; burst: number },
) {
  await connection.rows("select app.configure_sending($1::smallint, $2, null, $3, $4, $5)", [
    house.shard,
    house.accountId,
    rates.rate,
    rates.intervalMs,
    rates.burst,
  ]);
  await connection.rows("delete from app.send_pace where shard = $1", [house.shard]);
  await connection.rows("delete from app.pair_pace where shard = $1", [house.shard]);
}

/** The longest run of times within `windowMs`. */
function mostWithin(times: readonly number[], windowMs: number): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));
}

describeWithPostgres("token buckets", () => {
  test("of a pair: never more than burst + rate * t in any interval, and whoever waits as told gets one", async () => {
    await withHouse(async (house, connection) => {
      await ingest(connection, [message(house, "m1")]);
      const [lane = ""] = await conversations(connection, house);
      await fc.assert(
        fc.asyncProperty(
          fc.record({ intervalMs: fc.integer({ min: 1, max: 8000 }), burst: fc.integer({ min: 1, max: 10 }) }),
          fc.array(fc.integer({ min: 0, max: 12_000 }), { minLength: 5, maxLength: 40 }),
          async ({ intervalMs, burst }, gaps) => {
            await configure(connection, house, { rate: 10_000, intervalMs, burst });
            const granted: number[] = [];
            let now = START;
            for (const gap of gaps) {
              now += gap;
              const answer = await ask(connection, house, lane, now);
              if (answer === null) granted.push(now);
              else {
                expect(answer.why).toBe("pair_rate");
                now = Math.max(now, Math.ceil(Date.parse(answer.until)));
                expect(await ask(connection, house, lane, now)).toBeNull();
                granted.push(now);
              }
            }
            for (const [first, from] of granted.entries())
              for (const [offset, to] of granted.slice(first).entries())
                expect(offset + 1).toBeLessThanOrEqual(burst + (to - from) / intervalMs + 1e-9);
          },
        ),
        { numRuns: 30 },
      );
    });
  });

  test("of a number: never more than the rate within a second, whatever the conversations ask", async () => {
    await withHouse(async (house, connection) => {
      const people = Array.from({ length: 6 }, (_, n) => message(house, `m${n}`, [`phone:1555000${n}`]));
      await ingest(connection, people);
      const lanes = await conversations(connection, house);
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 60 }),
          fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 20, maxLength: 80 }),
          async (rate, gaps) => {
            await configure(connection, house, { rate, intervalMs: 1, burst: 1000 });
            const granted: number[] = [];
            let now = START;
            for (const [n, gap] of gaps.entries()) {
              now += gap;
              const answer = await ask(connection, house, lanes[n % lanes.length] ?? "", now);
              if (answer === null) granted.push(now);
              else expect(answer.why).toBe("number_rate");
            }
            expect(mostWithin(granted, 1000)).toBeLessThanOrEqual(rate);
            expect(granted.length).toBeGreaterThan(0);
          },
        ),
        { numRuns: 30 },
      );
    });
  });

  test("asked by several connections at once give what one would have got", async () => {
    await withHouse(async (house, connection) => {
      await ingest(
        connection,
        Array.from({ length: 4 }, (_, n) => message(house, `m${n}`, [`phone:1556000${n}`])),
      );
      const lanes = await conversations(connection, house);
      await configure(connection, house, { rate: 50, intervalMs: 1000, burst: 3 });
      const workers = await Promise.all(lanes.map(() => house.connect()));
      // One moment, four connections, ten questions each, all of them about every conversation.
      const answers = await Promise.all(
        workers.map(async (worker, n) => {
          const own = [];
          for (let turn = 0; turn < 10; turn += 1)
            own.push(await ask(worker, house, lanes[(n + turn) % lanes.length] ?? "", START));
          return own;
        }),
      );
      expect(answers.flat().filter((answer) => answer === null)).toHaveLength(5); // a tenth of 50 at once
      const [pace] = await connection.rows<{ spent: string }>(
        "select sum(extract(epoch from tat - $2::timestamptz)) as spent from app.pair_pace where shard = $1 and tat > $2",
        [house.shard, new Date(START).toISOString()],
      );
      expect(Number(pace?.spent)).toBe(5); // whoever was told to wait for the number has spent nothing of the pair
    });
  });
});
