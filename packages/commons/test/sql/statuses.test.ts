// Every order in which statuses and the answer to a send can come, every way in which they can share POSTs, with and
// without our id in them: the message ends in the same state. Not a sample: all of them.
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import { claim, conversations, type House, ingest, message, status, withHouse } from "./support.ts";

type Word = "sent" | "delivered" | "read" | "failed";
const WORDS: readonly Word[] = ["sent", "delivered", "read", "failed"];

/** One case: what comes, in its order; a list is one POST, `answer` the answer to the send. */
interface Case {
  readonly steps: readonly (readonly Word[] | "answer")[];
  readonly failure: "never" | "retry";
  /** How the send was answered; `no answer`: it is UNKNOWN. */
  readonly answer: "accepted" | "no answer";
  /** Whether statuses carry our id; without it they find their message by the provider's. */
  readonly withOurId: boolean;
}

/** All orders of all subsets. */
function arrangements(words: readonly Word[]): Word[][] {
  return [
    [],
    ...words.flatMap((word) => arrangements(words.filter((other) => other !== word)).map((rest) => [word, ...rest])),
  ];
}

/** All ways to cut a row into parts: in how many POSTs it comes. */
function cuts<T>(row: readonly T[]): T[][][] {
  const [first, ...rest] = row;
  if (first === undefined) return [[]];
  return cuts(rest).flatMap(([head, ...tail]) =>
    head === undefined
      ? [[[first]]]
      : [
          [[first, ...head], ...tail],
          [[first], head, ...tail],
        ],
  );
}

function allCases(): Case[] {
  const rows = arrangements(WORDS).flatMap((words) =>
    Array.from({ length: words.length + 1 }, (_, at) =>
      cuts(words.slice(0, at)).flatMap((before) =>
        cuts(words.slice(at)).map((after): Case["steps"] => [...before, "answer", ...after]),
      ),
    ).flat(),
  );
  return rows.flatMap((steps): Case[] => {
    const full: Case = { steps, failure: "retry", answer: "accepted", withOurId: true };
    // With our id and a passing failure: every cut. The others: each status in a POST of its own, or all that can be in one.
    const singles = steps.every((step) => step.length === 1 || step === "answer");
    const together = steps.every((step, n) => step === "answer" || n === 0 || steps[n - 1] === "answer");
    if (!singles && !together) return [full];
    const more = [{ ...full, withOurId: false }, { ...full, answer: "no answer" } as const];
    if (!steps.flat().includes("failed")) return [full, ...more];
    return [full, ...more].flatMap((one): Case[] => [one, { ...one, failure: "never" }]);
  });
}

/** What has to come out: whoever was reached was reached; a failure that passes is tried again. */
function expectedOf({ steps, failure, answer }: Case) {
  const came = new Set(steps.flat());
  const end = came.has("read") ? "READ" : came.has("delivered") ? "DELIVERED" : came.has("failed") ? "failed" : "";
  if (end === "failed") return { status: failure === "retry" ? "QUEUED" : "FAILED", attempt: "REJECTED" };
  if (end !== "") return { status: end, attempt: "ACCEPTED" };
  if (answer === "no answer" && !came.has("sent")) return { status: "UNKNOWN", attempt: "UNKNOWN" };
  return { status: "SENT", attempt: "ACCEPTED" };
}

/** The statements of a case, one after the other. */
function statementsOf(house: House, one: Case, { id, lane, token, seq, outboundId }: Sending): string {
  const ours = one.withOurId ? outboundId : undefined;
  const error = { code: "131000", class: one.failure };
  const outcome =
    one.answer === "accepted"
      ? { state: "ACCEPTED", provider_message_id: id }
      : { state: "UNKNOWN", code: "timeout", message: "no answer" };
  const head = `${house.shard}::smallint, '${lane}', ${token}, ${seq}, '${outboundId}'`;
  const steps = one.steps.map((step) => {
    if (step === "answer")
      return `select app.finish_outbound_attempt(${head}, 1::smallint, '${JSON.stringify(outcome)}')`;
    const post = step.map((word) => ({ ...status(house, id, word, ours), ...(word === "failed" ? { error } : {}) }));
    return `select app.ingest_events('cloud_api', '${JSON.stringify(post)}')`;
  });
  const mark = `${house.shard}::smallint, '${outboundId}', 1::smallint, ${token}`;
  return [`select app.start_outbound_attempt(${head}, 'w')`, `select app.mark_outbound_io(${mark})`, ...steps].join(
    ";",
  );
}

interface Sending {
  readonly id: string;
  readonly lane: string;
  readonly token: string;
  readonly seq: string;
  readonly outboundId: string;
}

const STANDING = `
  select o.id, o.status, a.state as attempt, m.status as seen,
         (select count(*)::int from app.message_queue q where q.shard = o.shard and q.queue = 'outbound' and q.lane_id = o.conversation_id)
           + (select count(*)::int from app.queue_scheduled q where q.shard = o.shard and q.lane_id = o.conversation_id) as work,
         o.delivered_at is not null as delivered, o.read_at is not null as read
    from app.outbound_message o
    join app.outbound_attempt a on a.shard = o.shard and a.outbound_message_id = o.id
    join public.messages m on m.shard = o.shard and m.id = o.message_id
   where o.shard = $1`;

/** Plays cases, each in a conversation of its own, and tells which ended otherwise than expected. */
async function playAll(cases: readonly Case[]): Promise<object[]> {
  const wrong: object[] = [];
  await withHouse(async (house, connection) => {
    const customers = cases.map((_, n) => ({ ...message(house, `in-${n}`, [`phone:${n}`]), wakes_agent: false }));
    await ingest(connection, customers);
    const lanes = await conversations(connection, house);
    await connection.rows(lanes.map((lane) => enqueueing(house, lane)).join(";"));
    const claimed = await claim(connection, house, { queue: "outbound", lanes: cases.length });
    expect(claimed).toHaveLength(cases.length);

    const played = new Map<string, Case>();
    for (const [n, one] of cases.entries()) {
      const { lane_id: lane = "", token = "", seq = "", payload } = claimed[n] ?? {};
      const outboundId = payload?.outbound_id ?? "";
      played.set(outboundId, one);
      await connection.rows(statementsOf(house, one, { id: `p${n}`, lane, token, seq, outboundId }));
    }
    const rows = await connection.rows<{ id: string; work: number }>(STANDING, [house.shard]);
    expect(rows).toHaveLength(cases.length);
    for (const { id, ...row } of rows) {
      const one = played.get(id);
      if (one === undefined) throw new Error("a message that nobody played");
      const expected = expectedOf(one);
      const came = new Set(one.steps.flat());
      const should = {
        ...expected,
        seen: expected.status,
        delivered: came.has("delivered"),
        read: came.has("read"),
        // What is to be sent again, or is in doubt, has its work, once; other work finds nothing to do.
        work: ["QUEUED", "UNKNOWN"].includes(expected.status) ? 1 : row.work,
      };
      if (!Object.entries(should).every(([key, value]) => Reflect.get(row, key) === value))
        wrong.push({ case: one, row, should });
    }
  });
  return wrong;
}

function enqueueing({ shard }: House, lane: string): string {
  const content = `'{"type": "text", "text": "hi"}'`;
  return `select app.enqueue_outbound_message(${shard}::smallint, '${lane}', 'agent', 'hi', ${content}, '${lane}', 'c')`;
}

describeWithPostgres("statuses in every order", () => {
  const all = allCases();

  test("there are as many as there must be", () => {
    const rows = new Set(all.map((one) => JSON.stringify(one)));
    expect(rows.size).toBe(all.length);
    // 65 arrangements of up to four words, the answer at every place, every cut on both sides of it.
    expect(
      new Set(
        all.map(({ steps }) =>
          steps
            .filter((step) => step !== "answer")
            .flat()
            .join(),
        ),
      ).size,
    ).toBe(65);
    expect(all.length).toBeGreaterThan(3_000);
  });

  test.each([0, 1, 2, 3, 4, 5])("the message ends where the best news puts it (part %i of 6)", async (part) => {
    expect(await playAll(all.filter((_, n) => n % 6 === part))).toEqual([]);
  });
});
