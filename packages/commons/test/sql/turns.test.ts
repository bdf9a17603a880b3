// Answers that are taken back while doors, workers and senders are at it: no deadlock, and every message in one answer.
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import {
  type Connection,
  claim,
  conversations,
  type House,
  ingest,
  message,
  status,
  untilBlocked,
  withHouse,
} from "./support.ts";

/** Bursts rest for no time, and answers may be superseded. */
async function patient(connection: Connection, house: House): Promise<void> {
  await connection.rows(
    "select app.configure_tenant($1::smallint, $2, 0, 300000, p_burst_long_quiet_ms => 0, p_on_new_message => 'supersede')",
    [house.shard, house.tenantId],
  );
}

/** Claims the conversation's burst and answers it with two messages; null: superseded; undefined: nothing is due. */
async function answer(worker: Connection, house: House, lane: string): Promise<number | null | undefined> {
  const last = (await claim(worker, house, { queue: "inbound" })).at(-1);
  if (last === undefined) return undefined;
  const started = await worker.one<{ turn_id: string; messages: { text: string }[] }>(
    "select app.start_turn($1::smallint, $2, $3, $4)",
    [house.shard, lane, last.token, last.seq],
  );
  const said = started.messages.map(({ text }) => text).join("+");
  const replies = [1, 2].map((part) => ({ body: `${part} of ${said}`, content: { type: "text", text: said } }));
  const values = [house.shard, lane, last.token, last.seq, started.turn_id, { replies }];
  return await worker.one("select app.complete_turn($1::smallint, $2, $3, $4, $5, $6)", values);
}

/** Starts the attempt at the head of the outbound lane; undefined: nothing is due. */
async function startHead(sender: Connection, house: House, lane: string) {
  const [head] = await claim(sender, house, { queue: "outbound" });
  if (head === undefined) return undefined;
  const id = head.payload.outbound_id ?? "";
  const start = async () => {
    const { action } = await sender.one<{ action: string }>(
      "select app.start_outbound_attempt($1::smallint, $2, $3, $4, $5, 'w')",
      [house.shard, lane, head.token, head.seq, id],
    );
    return action;
  };
  const accept = () =>
    sender.rows("select app.finish_outbound_attempt($1::smallint, $2, $3, $4, $5, 1::smallint, $6)", [
      ...[house.shard, lane, head.token, head.seq, id],
      { state: "ACCEPTED", provider_message_id: `p-${id}` },
    ]);
  return { id, start, accept };
}

const turnsOf = (connection: Connection, house: House) =>
  connection.rows(
    "select first_seq::integer, last_seq::integer, status from app.turns where shard = $1 order by first_seq",
    [house.shard],
  );

describeWithPostgres("an answer that is out of date, concurrently", () => {
  test("is taken back behind a message that is just being stored, which then belongs to it", async () => {
    await withHouse(async (house, door) => {
      const [sender, observer] = [await house.connect(), await house.connect()];
      await patient(door, house);
      await ingest(door, [message(house, "m1")]);
      const [lane = ""] = await conversations(door, house);
      expect(await answer(door, house, lane)).toBe(2);
      await ingest(door, [message(house, "m2")]);

      await door.rows("begin");
      await ingest(door, [message(house, "m3")]);
      const head = await startHead(sender, house, lane);
      const starting = head?.start();
      await untilBlocked(observer, sender);
      await door.rows("commit");
      expect(await starting).toBe("done");
      expect(await answer(door, house, lane)).toBe(2);
      expect(await turnsOf(door, house)).toEqual([{ first_seq: 1, last_seq: 3, status: "answered" }]);
    });
  });

  test("is not claimed anew before it is taken back", async () => {
    await withHouse(async (house, door) => {
      const sender = await house.connect();
      await patient(door, house);
      await ingest(door, [message(house, "m1")]);
      const [lane = ""] = await conversations(door, house);
      await answer(door, house, lane);
      await ingest(door, [message(house, "m2")]);
      const head = await startHead(sender, house, lane);
      await sender.rows("begin");
      await head?.start();
      expect(await answer(door, house, lane)).toBeUndefined();
      await sender.rows("commit");
      expect(await answer(door, house, lane)).toBe(2);
    });
  });

  test("leaves when the next turn was claimed while its sender waited", async () => {
    await withHouse(async (house, door) => {
      const [sender, worker, observer] = [await house.connect(), await house.connect(), await house.connect()];
      await patient(door, house);
      await ingest(door, [message(house, "m1")]);
      const [lane = ""] = await conversations(door, house);
      await answer(door, house, lane);
      await ingest(door, [message(house, "m2")]);
      const head = await startHead(sender, house, lane);

      await worker.rows("begin");
      expect(await claim(worker, house, { queue: "inbound" })).toHaveLength(1);
      const starting = head?.start();
      await untilBlocked(observer, sender);
      await worker.rows("commit");
      expect(await starting).toBe("send");
    });
  });

  test("doors, workers, senders and statuses at once: every message in one answered turn, every answer said once", async () => {
    await withHouse(async (house, door) => {
      const [worker, sender, provider] = [await house.connect(), await house.connect(), await house.connect()];
      await patient(door, house);
      await ingest(door, [message(house, "m-first")]);
      const [lane = ""] = await conversations(door, house);
      const rounds = 150;
      const accepted: string[] = [];
      let counts = { superseded: 0, recalled: 0 };
      let isWritten = false;
      let isAnswered = false;
      const writing = (async () => {
        for (let round = 0; round < rounds; round += 1) await ingest(door, [message(house, `m${round}`)]);
        isWritten = true;
      })();
      const answering = (async () => {
        for (;;) {
          const [wasWritten, sentBefore] = [isWritten, isAnswered];
          const replies = await answer(worker, house, lane);
          if (replies === null) counts = { ...counts, superseded: counts.superseded + 1 };
          if (replies === undefined && wasWritten && sentBefore) return;
          if (replies === undefined && wasWritten) isAnswered = true;
        }
      })();
      const sending = (async () => {
        for (;;) {
          const wasAnswered = isAnswered;
          const head = await startHead(sender, house, lane);
          if (head === undefined && wasAnswered) return;
          const action = await head?.start();
          if (action === "done") counts = { ...counts, recalled: counts.recalled + 1 };
          if (action !== "send" || head === undefined) continue;
          await head.accept();
          accepted.push(`p-${head.id}`);
        }
      })();
      const telling = (async () => {
        for (let told = 0; !isAnswered; ) {
          const news = accepted.slice(told);
          told += news.length;
          await ingest(
            provider,
            news.flatMap((id) => [status(house, id, "delivered"), status(house, id, "sent")]),
          );
        }
      })();
      await Promise.all([writing, answering, sending, telling]);
      // What was taken back after the worker's last look is answered here.
      while ((await answer(worker, house, lane)) !== undefined);
      for (let head = await startHead(sender, house, lane); head; head = await startHead(sender, house, lane))
        if ((await head.start()) === "send") await head.accept();

      const turns = await turnsOf(door, house);
      expect(new Set(turns.map((turn) => turn.status))).toEqual(new Set(["answered"]));
      const covered = turns.flatMap(({ first_seq: first, last_seq: last }) =>
        Array.from({ length: last - first + 1 }, (_, offset) => first + offset),
      );
      expect(covered).toEqual(Array.from({ length: rounds + 1 }, (_, index) => index + 1));
      const said = await door.rows<{ body: string; status: string }>(
        "select body, status from public.messages where shard = $1 and direction = 'out' order by position",
        [house.shard],
      );
      const left = said.filter((reply) => reply.status !== "CANCELLED");
      const asked = left.filter(({ body }) => body.startsWith("1 of ")).flatMap(({ body }) => body.slice(5).split("+"));
      const texts = ["m-first", ...Array.from({ length: rounds }, (_, round) => `m${round}`)].map(
        (id) => `text of ${id}`,
      );
      expect(asked).toEqual(texts);
      // Of an answer that was interrupted the second part stayed; the agent remembers what was said, and no more.
      const [memory] = await door.rows<{ replies: string[] }>(
        `select array_agg(m.entry ->> 'text' order by m.ordinal) as replies
           from app.ai_conversation_memory c, jsonb_array_elements(c.messages) with ordinality as m (entry, ordinal)
          where c.shard = $1 and m.entry ->> 'role' = 'assistant'`,
        [house.shard],
      );
      expect(memory?.replies).toEqual(left.slice(-(memory?.replies.length ?? 0)).map(({ body }) => body));
      const attempts = await door.rows(
        "select outbound_message_id from app.outbound_attempt where shard = $1 group by 1 having count(*) > 1",
        [house.shard],
      );
      expect(attempts).toEqual([]);
      expect(counts.superseded + counts.recalled).toBeGreaterThan(0);
      expect(await door.rows("select from app.queue_ready where shard = $1", [house.shard])).toEqual([]);
    });
  });
});
