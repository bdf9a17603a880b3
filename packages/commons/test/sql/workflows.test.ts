// A workflow under everything that can happen to the turns that move it: workers that die at any point, customers who write
// more before and after an answer was stored, timers, people who cancel or take over. Whatever the order: what the customer
// was told is what is committed, each question is asked once, and the timer that is set is the one that is needed.
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import { type Claimed, type Connection, claim, type House, ingest, message, withHouse } from "./support.ts";

type Command =
  | { readonly do: "write" | "start" | "die" | "complete" | "send" | "accept" | "cancel" | "take over" }
  | { readonly do: "wait"; readonly seconds: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: "write" as const }) },
  { weight: 5, arbitrary: fc.constant({ do: "start" as const }) },
  { weight: 5, arbitrary: fc.constant({ do: "complete" as const }) },
  { weight: 3, arbitrary: fc.constant({ do: "send" as const }) },
  { weight: 3, arbitrary: fc.constant({ do: "accept" as const }) },
  { weight: 2, arbitrary: fc.constant({ do: "die" as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ do: "cancel" as const }, { do: "take over" as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.constantFrom(1, 20, 45, 700) }) },
);

interface Open {
  readonly id: string;
  readonly version: number;
  readonly timer: string | null;
}
interface Started {
  readonly action: string;
  readonly turn_id: string;
  readonly messages: readonly { text: string }[];
  readonly workflows: readonly Open[];
}
interface InHand {
  readonly started: Started;
  readonly token: string;
  readonly seq: string;
}
interface Head extends Claimed {
  readonly attempt: number;
}

/** An agent without a memory: moves the workflow by one step, ends it after the fifth, and says which step it asks for. */
function answerTo({ turn_id, messages, workflows: [open] }: Started): object {
  const body = (step: number, id: string) => `${id} ${step}`;
  const reply = (text: string) => [{ body: text, content: { type: "text", text } }];
  if (open === undefined) {
    const step = {
      id: turn_id,
      name: "w",
      version: 0,
      step: "1",
      status: "waiting",
      state: {},
      wait_s: 600,
      remind_s: 60,
    };
    return messages.length === 0 ? { replies: [] } : { replies: reply(body(1, turn_id)), workflows: [step] };
  }
  const { id, version, timer } = open;
  const base = { id, name: "w", version, state: { said: messages.map(({ text }) => text) } };
  if (timer === "timeout" && messages.length === 0)
    return { replies: reply(`${id} over`), workflows: [{ ...base, status: "timed_out" }] };
  if (timer === "remind" && messages.length === 0) return { replies: reply(`${id} ${version} still there?`) };
  const next = version + 1;
  if (next > 5) return { replies: reply(`${id} done`), workflows: [{ ...base, step: "end", status: "completed" }] };
  const status = next === 3 ? "running" : "waiting";
  return {
    replies: reply(body(next, id)),
    workflows: [
      { ...base, step: String(next), status, ...(status === "waiting" ? { wait_s: 600, remind_s: 60 } : {}) },
    ],
  };
}

/** One conversation, one worker of each queue, and a clock. */
class Run {
  readonly #connection: Connection;
  readonly #house: House;
  readonly #phone = `phone:${randomUUID()}` as const;
  readonly #run = randomUUID();
  now = Date.parse("2026-11-20T10:00:00Z");
  lane = "";
  turn: InHand | undefined;
  head: Head | undefined;
  written = 0;

  constructor(connection: Connection, house: House) {
    this.#connection = connection;
    this.#house = house;
  }

  async begin(): Promise<void> {
    await this.#setClock();
    await this.#write();
    this.lane = await this.#connection.one<string>(
      "select c.id from public.conversations c join public.contact_identities i on i.contact_id = c.contact_id where c.shard = $1 and i.value = $2",
      [this.#house.shard, this.#phone.slice("phone:".length)],
    );
  }

  async do(step: Command): Promise<void> {
    await this.#act(step);
    await this.check();
  }

  async #act(step: Command): Promise<void> {
    const { shard } = this.#house;
    if (step.do === "write") await this.#write();
    else if (step.do === "wait") {
      this.now += step.seconds * 1000;
      await this.#setClock();
      // Whoever slept for longer than a lease has lost it.
      if (step.seconds > 30) [this.turn, this.head] = [undefined, undefined];
    } else if (step.do === "start") await this.#start();
    else if (step.do === "die") this.turn = undefined;
    else if (step.do === "complete") await this.#complete();
    else if (step.do === "send") await this.#send();
    else if (step.do === "accept") await this.#accept();
    else if (step.do === "cancel")
      await this.#connection.rows(
        "select app.cancel_workflow($1::smallint, id) from app.workflow_states where shard = $1 and conversation_id = $2 and finished_at is null",
        [shard, this.lane],
      );
    else
      await this.#connection.rows(
        "update public.conversations set agent_paused_until = app.now() + '90 seconds' where id = $1",
        [this.lane],
      );
  }

  /** Everybody works until nothing is left to do now, and then for as long as timers may ring. */
  async drain(): Promise<void> {
    for (let round = 0; round < 10; round += 1) {
      for (const act of ["start", "complete", "send", "accept"] as const)
        for (let time = 0; time < 3; time += 1) await this.#act({ do: act });
      await this.do({ do: "wait", seconds: 700 });
    }
  }

  async #setClock(): Promise<void> {
    await this.#connection.rows("select set_config('app.fake_now', $1, false)", [new Date(this.now).toISOString()]);
  }

  async #write(): Promise<void> {
    this.written += 1;
    const event = message(this.#house, `${this.#run}-${this.written}`, [this.#phone]);
    await ingest(this.#connection, [{ ...event, occurred_at: new Date(this.now).toISOString() }]);
  }

  async #start(): Promise<void> {
    if (this.turn !== undefined) return;
    await this.#connection.rows("select app.promote_scheduled($1::smallint)", [this.#house.shard]);
    const claimed = await this.#claim("inbound");
    const last = claimed.at(-1);
    if (last === undefined) return;
    const started = await this.#connection.one<Started>("select app.start_turn($1::smallint, $2, $3, $4)", [
      ...[this.#house.shard, this.lane, last.token, last.seq],
    ]);
    this.turn = { started, token: last.token, seq: last.seq };
  }

  async #complete(): Promise<void> {
    const inHand = this.turn;
    this.turn = undefined;
    if (inHand === undefined) return;
    const { started, token, seq } = inHand;
    const result = started.action === "skip" ? { replies: [] } : answerTo(started);
    const values = [this.#house.shard, this.lane, token, seq, started.turn_id, result];
    await this.#connection.rows("select app.complete_turn($1::smallint, $2, $3, $4, $5, $6)", values);
  }

  async #send(): Promise<void> {
    if (this.head !== undefined) return;
    const [head] = await this.#claim("outbound");
    if (head === undefined) return;
    const { action, attempt_no: attempt = 0 } = await this.#connection.one<{ action: string; attempt_no?: number }>(
      "select app.start_outbound_attempt($1::smallint, $2, $3, $4, $5, 'w')",
      [this.#house.shard, this.lane, head.token, head.seq, head.payload.outbound_id],
    );
    if (action === "send") this.head = { ...head, attempt };
  }

  async #accept(): Promise<void> {
    const { head } = this;
    this.head = undefined;
    if (head === undefined) return;
    const id = head.payload.outbound_id;
    await this.#connection.rows("select app.finish_outbound_attempt($1::smallint, $2, $3, $4, $5, $6, $7)", [
      ...[this.#house.shard, this.lane, head.token, head.seq, id, head.attempt],
      { state: "ACCEPTED", provider_message_id: `p-${id}` },
    ]);
  }

  /** Lanes of earlier runs have nothing to do: their conversations are drained. */
  async #claim(queue: "inbound" | "outbound"): Promise<Claimed[]> {
    return await this.#connection.rows<Claimed & { lane_id: string }>(
      "select lane_id, token, tries, seq, payload from app.get_next_queue_message($1::smallint, $2, 'w', 1, 50, '30 seconds')",
      [this.#house.shard, queue],
    );
  }

  /** What must hold between any two steps. */
  async check(): Promise<void> {
    const { shard } = this.#house;
    const torn = await this.#connection.rows(
      `select w.id from app.workflow_states w
        left join lateral (select * from app.workflow_steps s where s.shard = w.shard and s.workflow_id = w.id order by s.version desc limit 1) as s on true
        where w.shard = $1 and (w.version, w.step, w.status) is distinct from (s.version, s.step, s.status)`,
      [shard],
    );
    expect(torn, "a workflow is its last step").toEqual([]);
    const unsaid = await this.#connection.rows(
      `select s.workflow_id, s.version, t.status from app.workflow_steps s join app.turns t on t.shard = s.shard and t.id = s.turn_id
        where s.shard = $1 and t.status not in ('answered', 'skipped')
          and not exists (select from app.workflow_steps l where l.shard = $1 and l.workflow_id = s.workflow_id and l.version > s.version and l.turn_id is null)`,
      [shard],
    );
    expect(unsaid, "a step is committed with its answer or not at all").toEqual([]);
    const deaf = await this.#connection.rows(
      `select w.id, w.status, w.version, w.wake_at from app.workflow_states w
        where w.shard = $1 and ((w.finished_at is null) is distinct from (w.wake_at is not null)
           or (w.wake_at is not null and 1 <> (
               select count(*) from app.queue_scheduled s where s.shard = $1 and s.idempotency_key = w.timer_key) + (
               select count(*) from app.queue_idempotency k join app.message_queue q on q.shard = k.shard and q.queue = k.queue and q.lane_id = k.lane_id and q.seq = k.seq
                where k.shard = $1 and k.queue = 'inbound' and k.key = w.timer_key)))`,
      [shard],
    );
    expect(deaf, "an open workflow has its timer, scheduled or in its lane").toEqual([]);
    const said = await this.#connection.rows<{ body: string }>(
      "select body from public.messages where shard = $1 and conversation_id = $2 and direction = 'out' and status <> 'CANCELLED' order by position",
      [shard, this.lane],
    );
    const questions = said.map(({ body }) => body).filter((body) => !body.includes("still there?"));
    expect(new Set(questions).size, "nothing is asked twice").toBe(questions.length);
    const order = questions.flatMap((body) => (/ \d+$/.test(body) ? [Number(body.split(" ").at(-1))] : []));
    for (const [index, version] of order.entries())
      expect(version === 1 || order[index - 1] === version - 1, `${order.join(" ")}: question after question`).toBe(
        true,
      );
  }
}

describeWithPostgres("a workflow", () => {
  test("is what the customer was told, whatever happens to its turns", async () => {
    await withHouse(async (house, connection) => {
      await connection.rows(
        "select app.configure_tenant($1::smallint, $2, 0, 300000, p_burst_long_quiet_ms => 0, p_on_new_message => 'supersede')",
        [house.shard, house.tenantId],
      );
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 50 }), async (steps) => {
          const run = new Run(connection, house);
          await run.begin();
          for (const step of steps) await run.do(step);
          await run.drain();
          const open = await connection.rows(
            "select workflow, status, version from app.workflow_states where shard = $1 and finished_at is null",
            [house.shard],
          );
          expect(open, "it ends").toEqual([]);
          const left = await connection.rows(
            "select kind from app.message_queue where shard = $1 union all select kind from app.queue_scheduled where shard = $1",
            [house.shard],
          );
          expect(left, "and leaves nothing to do").toEqual([]);
        }),
        { numRuns: 60 },
      );
    });
  }, 300_000);

  test("ended by a person and moved by an agent at once: one of them is first, and the other one knows", async () => {
    await withHouse(async (house, door) => {
      const person = await house.connect();
      const ends = { agent: 0, person: 0 };
      for (let round = 0; round < 40; round += 1) {
        await ingest(door, [message(house, `${round}`, [`phone:${round}`])]);
        const last = (await claim(door, house, { queue: "inbound" })).at(-1);
        if (last === undefined) throw new Error("nothing is due");
        const id = await door.one<string>("select app.start_workflow($1::smallint, $2, 'w', $3)", [
          ...[house.shard, last.lane_id],
          { step: "1", status: "waiting", wait_s: 600 },
        ]);
        const started = await door.one<Started>("select app.start_turn($1::smallint, $2, $3, $4)", [
          ...[house.shard, last.lane_id, last.token, last.seq],
        ]);
        const values = [house.shard, last.lane_id, last.token, last.seq, started.turn_id, answerTo(started)];
        const [replies] = await Promise.all([
          door.one<number | null>("select app.complete_turn($1::smallint, $2, $3, $4, $5, $6)", values),
          person.one<boolean>("select app.cancel_workflow($1::smallint, $2)", [house.shard, id]),
        ]);
        const steps = await door.rows<{ status: string }>(
          "select status from app.workflow_steps where shard = $1 and workflow_id = $2 order by version",
          [house.shard, id],
        );
        const was = steps.map(({ status: one }) => one).join(" ");
        if (replies === null) ends.person += 1;
        else ends.agent += 1;
        expect(was).toBe(replies === null ? "waiting cancelled" : "waiting waiting cancelled");
      }
      expect(ends.agent + ends.person).toBe(40);
    });
  });
});
