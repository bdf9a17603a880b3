// Statuses and sends that meet: no deadlock, no status lost, whichever comes first.
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import {
  accept,
  type Connection,
  conversations,
  enqueueOutbound,
  type House,
  ingest,
  message,
  type Sending,
  startSending,
  status,
  untilBlocked,
  withHouse,
} from "./support.ts";

/** Ends the first attempt: the provider refused it. */
async function refuse(connection: Connection, house: House, { lane, token, seq, outboundId }: Sending, error: object) {
  await connection.rows("select app.finish_outbound_attempt($1::smallint, $2, $3, $4, $5, 1::smallint, $6)", [
    ...[house.shard, lane, token, seq, outboundId],
    { state: "REJECTED", ...error },
  ]);
}

describeWithPostgres("the outbox, concurrently", () => {
  test("a status that finds no message while its send is being recorded is not lost", async () => {
    await withHouse(async (house, door) => {
      const worker = await house.connect();
      const observer = await house.connect();
      await ingest(door, [message(house, "m1")]);
      const [lane = ""] = await conversations(door, house);
      const statusOf = (id: string) =>
        door.one("select status from app.outbound_message where shard = $1 and id = $2", [house.shard, id]);

      // The status comes first, and the send is recorded before it commits.
      const early = await startSending(worker, house, lane);
      await door.rows("begin");
      await ingest(door, [status(house, "p1", "delivered")]);
      const accepting = accept(worker, house, { sending: early, providerId: "p1" });
      await untilBlocked(observer, worker);
      await door.rows("commit");
      await accepting;
      expect(await statusOf(early.outboundId)).toBe("DELIVERED");

      // The other way round.
      const late = await startSending(worker, house, lane);
      await worker.rows("begin");
      await accept(worker, house, { sending: late, providerId: "p2" });
      const storing = ingest(door, [status(house, "p2", "delivered")]);
      await untilBlocked(observer, door);
      await worker.rows("commit");
      await storing;
      expect(await statusOf(late.outboundId)).toBe("DELIVERED");
      expect(await door.rows("select from app.orphan_statuses where shard = $1", [house.shard])).toEqual([]);
    });
  });

  test.each([
    { name: "by the provider's id", withCallback: false },
    { name: "by our own id", withCallback: true },
  ])("statuses racing with finish_outbound_attempt, $name", async ({ withCallback }) => {
    await withHouse(async (house, door) => {
      const worker = await house.connect();
      await ingest(door, [message(house, "m1")]);
      const [lane = ""] = await conversations(door, house);
      for (let round = 0; round < 120; round += 1) {
        const sending = await startSending(worker, house, lane);
        const id = `p${round}`;
        const callback = withCallback ? sending.outboundId : undefined;
        const words = round % 2 === 0 ? ["sent", "delivered", "read"] : ["read", "delivered", "sent"];
        const post = words.map((word) => status(house, id, word, callback));
        await Promise.all([accept(worker, house, { sending, providerId: id }), ingest(door, post)]);
      }
      const left = await door.rows(
        "select id, status from app.outbound_message where shard = $1 and (status <> 'READ' or delivered_at is null or sent_at is null)",
        [house.shard],
      );
      expect(left).toEqual([]);
      const seen = await door.rows(
        "select distinct status from public.messages where shard = $1 and direction = 'out'",
        [house.shard],
      );
      expect(seen).toEqual([{ status: "READ" }]);
      expect(
        await door.rows("select from app.queue_ready where shard = $1 and queue = 'outbound'", [house.shard]),
      ).toEqual([]);
    });
  });

  test("batches with the same statuses in opposite orders do not deadlock and store each once", async () => {
    await withHouse(async (house, first) => {
      const second = await house.connect();
      await ingest(first, [message(house, "m1")]);
      const [lane = ""] = await conversations(first, house);
      const ids = [];
      for (let n = 0; n < 4; n += 1) {
        const sending = await startSending(first, house, lane);
        await accept(first, house, { sending, providerId: `p${n}` });
        ids.push(`p${n}`);
      }
      for (let round = 0; round < 60; round += 1) {
        const post = ids.flatMap((id) =>
          ["sent", "delivered", "read"].map((word) => ({
            ...status(house, id, word),
            key: `status:${id}:${word}:${round}`,
          })),
        );
        const counts = await Promise.all([ingest(first, post), ingest(second, post.toReversed())]);
        expect(counts.reduce((sum, { stored }) => sum + stored, 0)).toBe(12);
      }
    });
  });

  test("one key for two conversations at the same time: the second one is told", async () => {
    await withHouse(async (house, first) => {
      const second = await house.connect();
      const observer = await house.connect();
      await ingest(first, [message(house, "a", ["phone:1"]), message(house, "b", ["phone:2"])]);
      const [one, two] = await conversations(first, house);
      const enqueue = `select app.enqueue_outbound_message($1::smallint, $2, 'agent', 'hi', '{"type": "text"}', 'key', 'c')`;
      await first.rows("begin");
      await first.rows(enqueue, [house.shard, one]);
      const late = second.rows(enqueue, [house.shard, two]);
      const told = expect(late).rejects.toMatchObject({ code: "SB409" });
      await untilBlocked(observer, second);
      await first.rows("commit");
      await told;
      expect(await first.rows("select from app.outbound_message where shard = $1", [house.shard])).toHaveLength(1);
    });
  });

  test("refusals, failed statuses and people who resume the account meet without a deadlock, and nothing is lost", async () => {
    await withHouse(async (house, first) => {
      const [second, worker, person] = [await house.connect(), await house.connect(), await house.connect()];
      await ingest(first, [message(house, "a", ["phone:1"]), message(house, "b", ["phone:2"])]);
      const lanes = await conversations(first, house);
      const error = { code: "131048", class: "pause_number", message: "spam" };
      const resume = () =>
        person.rows("select app.resume_account_sending($1::smallint, $2, $3)", [
          house.shard,
          house.tenantId,
          house.accountId,
        ]);
      for (let round = 0; round < 40; round += 1) {
        await resume();
        const sendings = [];
        for (const lane of lanes) sendings.push(await startSending(worker, house, lane));
        const failed = sendings.map(({ outboundId }, n) => ({
          ...status(house, `p${round}-${n}`, "failed", outboundId),
          error,
        }));
        const [one, two] = sendings;
        if (one === undefined || two === undefined) throw new Error("there are two conversations");
        await Promise.all([
          ingest(first, failed),
          ingest(
            second,
            failed.toReversed().map((event) => ({ ...event, key: `again:${round}:${event.message_id}` })),
          ),
          refuse(worker, house, two, error).then(() => refuse(worker, house, one, error)),
          resume(),
        ]);
        for (const { outboundId } of sendings)
          expect(
            await first.one("select app.cancel_outbound_message($1::smallint, $2, $3)", [
              house.shard,
              house.tenantId,
              outboundId,
            ]),
          ).toBe("CANCELLED");
        await first.rows("delete from app.message_queue where shard = $1 and queue = 'outbound'", [house.shard]);
        await first.rows("delete from app.queue_scheduled where shard = $1", [house.shard]);
        await first.rows("delete from app.queue_ready where shard = $1 and queue = 'outbound'", [house.shard]);
        await first.rows("update app.queue_lane set idle_at = tail where shard = $1 and queue = 'outbound'", [
          house.shard,
        ]);
      }
    });
  });

  test("messages and statuses of the same conversations in opposite orders do not deadlock", async () => {
    await withHouse(async (house, first) => {
      const second = await house.connect();
      const worker = await house.connect();
      await ingest(first, [message(house, "a", ["phone:1"]), message(house, "b", ["phone:2"])]);
      const lanes = await conversations(first, house);
      for (let round = 0; round < 60; round += 1) {
        const sendings = [];
        for (const lane of lanes) sendings.push(await startSending(worker, house, lane));
        const statuses = sendings.map(({ outboundId }, n) => status(house, `p${round}-${n}`, "sent", outboundId));
        const messages = [1, 2].map((n) => message(house, `m${round}-${n}`, [`phone:${n}`]));
        const more = [2, 1].map((n) => message(house, `n${round}-${n}`, [`phone:${n}`]));
        await Promise.all([
          ingest(first, [...messages, ...statuses]),
          ingest(second, [...statuses.toReversed(), ...more]),
          (async () => {
            for (const [n, sending] of sendings.entries())
              await accept(worker, house, { sending, providerId: `p${round}-${n}` });
          })(),
        ]);
      }
      expect(
        await first.rows("select id from app.outbound_message where shard = $1 and status <> 'SENT'", [house.shard]),
      ).toEqual([]);
    });
  });

  test("several writers into one conversation: every position and sequence number once", async () => {
    await withHouse(async (house, first) => {
      const writers = [first, await house.connect(), await house.connect()];
      await ingest(first, [message(house, "m1")]);
      const [lane = ""] = await conversations(first, house);
      await Promise.all(
        writers.map(async (writer, n) => {
          for (let round = 0; round < 40; round += 1)
            if (n === 0) await ingest(writer, [message(house, `x${round}`)]);
            else await enqueueOutbound(writer, house, lane);
        }),
      );
      const [positions] = await first.rows<{ total: string; last: string }>(
        "select count(distinct position) as total, max(position) as last from public.messages where shard = $1",
        [house.shard],
      );
      expect(positions).toEqual({ total: "121", last: "121" });
      const crossed = await first.rows(
        `select from (
           select m.position, lag(m.position) over (order by q.seq) as before
             from app.message_queue q
             join app.outbound_message o on o.shard = q.shard and o.id = (q.payload ->> 'outbound_id')::uuid
             join public.messages m on m.shard = o.shard and m.id = o.message_id
            where q.shard = $1 and q.queue = 'outbound') x
         where x.position < x.before`,
        [house.shard],
      );
      expect(crossed).toEqual([]);
    });
  });
});
