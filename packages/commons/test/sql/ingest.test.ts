// Ingest with several doors open at once: each fact once, one person once, and no deadlock whatever the order.
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import { claim, conversations, type House, ingest, message, untilBlocked, withHouse } from "./support.ts";

const count = (table: string, house: House) => ({
  sql: `select count(*)::integer from ${table} where shard = $1 and tenant_id = $2`,
  values: [house.shard, house.tenantId],
});

describeWithPostgres("ingest_events, concurrently", () => {
  test("the same POST three times at once is stored once", async () => {
    await withHouse(async (house, first) => {
      const doors = [first, await house.connect(), await house.connect()];
      for (let round = 0; round < 20; round += 1) {
        const post = [1, 2, 3, 4].map((n) => message(house, `m${round}-${n}`, [`phone:${n % 2}`]));
        const counts = await Promise.all(doors.map((door) => ingest(door, post)));
        expect(counts.map(({ stored, duplicates }) => stored + duplicates)).toEqual([4, 4, 4]);
        expect(counts.reduce((sum, { stored }) => sum + stored, 0)).toBe(4);
      }
      for (const table of ["public.messages", "app.message_queue"]) {
        const { sql, values } = count(table, house);
        expect(await first.one(sql, values), table).toBe(80);
      }
    });
  });

  test("two messages from one new person at once make one contact and one conversation", async () => {
    await withHouse(async (house, first) => {
      const second = await house.connect();
      for (let round = 0; round < 40; round += 1)
        await Promise.all([
          ingest(first, [message(house, `a${round}`, [`phone:${round}`])]),
          ingest(second, [message(house, `b${round}`, [`bsuid:US.${round}`, `phone:${round}`])]),
        ]);
      for (const table of ["public.contacts", "public.conversations"]) {
        const { sql, values } = count(table, house);
        expect(await first.one(sql, values), table).toBe(40);
      }
      const gaps = await first.rows(
        "select conversation_id from public.messages where shard = $1 group by 1 having array_agg(position order by position) <> array[1, 2]::bigint[]",
        [house.shard],
      );
      expect(gaps).toEqual([]);
    });
  });

  test("a person who is merged while another door takes in a message keeps one conversation", async () => {
    await withHouse(async (house, first) => {
      const second = await house.connect();
      const observer = await house.connect();
      await ingest(first, [message(house, "m1", ["phone:1"])]);
      await ingest(first, [message(house, "m2", ["bsuid:US.1", "lid:L1"])]);

      await first.rows("begin");
      await ingest(first, [message(house, "m3", ["phone:1", "bsuid:US.1"])]);
      const other = ingest(second, [message(house, "m4", ["lid:L1"])]);
      await untilBlocked(observer, second);
      await first.rows("commit");
      expect((await other).stored).toBe(1);

      const open = await first.rows<{ contact_id: string }>(
        "select contact_id from public.conversations where shard = $1 and merged_into is null",
        [house.shard],
      );
      expect(open).toHaveLength(1);
      const contacts = await first.rows<{ contact_id: string }>(
        "select distinct contact_id from public.contact_identities where shard = $1",
        [house.shard],
      );
      expect(contacts).toEqual(open);
    });
  });

  test("batches that name the same people by different addresses, in opposite orders, do not deadlock", async () => {
    await withHouse(async (house, first) => {
      const second = await house.connect();
      await ingest(first, [
        message(house, "a", ["phone:1", "bsuid:US.1"]),
        message(house, "b", ["phone:2", "bsuid:US.2"]),
      ]);
      for (let round = 0; round < 150; round += 1)
        await Promise.all([
          ingest(first, [message(house, `p1-${round}`, ["phone:1"]), message(house, `p2-${round}`, ["phone:2"])]),
          ingest(second, [
            message(house, `b2-${round}`, ["bsuid:US.2"]),
            message(house, `b1-${round}`, ["bsuid:US.1"]),
          ]),
        ]);
      const { sql, values } = count("public.messages", house);
      expect(await first.one(sql, values)).toBe(602);
    });
  });

  test("ingest racing with complete_turn never deadlocks and never loses a wake-up", async () => {
    await withHouse(async (house, door) => {
      const worker = await house.connect();
      const rounds = 200;
      await ingest(door, [message(house, "m-first")]);
      const [lane] = await conversations(door, house);
      const writing = (async () => {
        for (let round = 0; round < rounds; round += 1) await ingest(door, [message(house, `m${round}`)]);
      })();
      let written = false;
      void writing.finally(() => {
        written = true;
      });
      let answered = 0;
      for (;;) {
        const wasWritten = written;
        const burst = await claim(worker, house, { queue: "inbound" });
        const last = burst.at(-1);
        // Everything was written before this claim, and it found nothing: nothing may be left.
        if (last === undefined && wasWritten) break;
        if (last === undefined) continue;
        const turn = await worker.one<{ turn_id: string; messages: unknown[] }>(
          "select app.start_turn($1::smallint, $2, $3, $4)",
          [house.shard, lane, last.token, last.seq],
        );
        answered += turn.messages.length;
        const replies = [{ body: "ok", content: { type: "text" } }];
        await worker.rows("select app.complete_turn($1::smallint, $2, $3, $4, $5, $6)", [
          house.shard,
          lane,
          last.token,
          last.seq,
          turn.turn_id,
          { replies },
        ]);
      }
      await writing;
      expect(answered).toBe(rounds + 1);
      const unanswered = await door.rows(
        "select id from public.messages where shard = $1 and direction = 'in' and turn_id is null",
        [house.shard],
      );
      expect(unanswered).toEqual([]);
      expect(
        await door.rows("select from app.queue_ready where shard = $1 and queue = 'inbound'", [house.shard]),
      ).toEqual([]);
      const positions = await door.rows<{ position: string }>(
        "select position from public.messages where shard = $1 order by position",
        [house.shard],
      );
      expect(positions.map(({ position }) => Number(position))).toEqual(positions.map((_, index) => index + 1));
    });
  });
});
