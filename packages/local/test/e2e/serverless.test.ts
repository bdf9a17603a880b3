// A deployment without a runner: the webhook starts the queue-worker function behind its response, and that answers.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { calmBursts, type E2e, report, startE2e, waitFor } from "./e2e.ts";
import { readConversations } from "./ledger.ts";

const phones = Array.from({ length: 12 }, (_, index) => String(15554000000 + index));
let e2e: E2e;

beforeAll(async () => {
  e2e = await startE2e({ name: "serverless", base: 29250, programs: { runner: false, inbox: false } });
  await calmBursts(e2e);
});
afterAll(() => e2e?.close());

describe("without a runner", () => {
  test("every burst gets one answer, and a second one later, from functions alone", async () => {
    expect([...e2e.stack.programs.keys()]).not.toContain("runner");
    await Promise.all(phones.map((phone) => e2e.simulator.write(phone, "Hello!", "Do you have wifi?", "And parking?")));
    await answered(1);
    await Promise.all(phones.map((phone) => e2e.simulator.write(phone, "What are your opening hours?")));
    const conversations = await answered(2);

    for (const { phone, inbound, turns, outbound } of conversations) {
      expect(inbound, phone).toHaveLength(4);
      const spans = turns.map(({ firstSeq, lastSeq, status }) => ({ firstSeq, lastSeq, status }));
      expect(spans, phone).toEqual([
        { firstSeq: 1, lastSeq: 3, status: "answered" },
        { firstSeq: 4, lastSeq: 4, status: "answered" },
      ]);
      const arrived = (await e2e.simulator.thread(phone)).filter(({ direction }) => direction === "out");
      expect(
        arrived.map((message) => message.biz_opaque_callback_data),
        phone,
      ).toEqual(outbound.map(({ id }) => id));
    }
    const workers = await e2e.sql("select distinct split_part(worker, ' ', 1) as kind from app.outbound_attempt");
    expect(workers).toEqual([{ kind: "function" }]);
    const { duplicateSends, acceptedSends } = await e2e.simulator.stats();
    expect(duplicateSends).toBe(0);
    report("serverless", { conversations: phones.length, acceptedSends });
  });

  test("nothing is left over, no function is still registered as a worker", async () => {
    await waitFor("the functions have gone", async () => (await e2e.sql("select id from app.workers")).length === 0);
    expect(await e2e.sql("select * from app.message_queue")).toEqual([]);
    expect(await e2e.sql("select * from app.queue_dead_letter")).toEqual([]);
    expect(e2e.logs.filter((line) => line.includes(" error:"))).toEqual([]);
  });
});

/** Waits until every customer has the answers to so many turns. */
async function answered(turns: number) {
  return await waitFor(`${turns} turns are answered in every conversation`, async () => {
    const conversations = await readConversations(e2e.sql, phones);
    const isDone = conversations.every(
      (one) =>
        one.turns.length >= turns && one.outbound.length > 0 && one.outbound.every(({ status }) => status === "READ"),
    );
    const done = isDone && conversations.every((one) => one.turns.every(({ status }) => status === "answered"));
    return done ? conversations : undefined;
  });
}
