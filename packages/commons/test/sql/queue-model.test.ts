// The queue against a model of it: whatever is done in whatever order, under a clock that jumps, a lane has one owner,
// its work comes in order, nothing is lost and nothing is done twice.
import { randomInt, randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/database.ts";
import { type Connection, withHouse } from "./support.ts";

const LEASE_MS = 10_000;
const LANES = 3;
/** Leases that run out in a row before a burst is given up; fewer than in earnest, so that it happens. */
const MAX_CLAIMS = 3;

/** What is done; `lease` picks one of the leases that were ever given, stale ones too. */
type Command =
  | { readonly do: "enqueue"; readonly lane: number; readonly priority: number }
  | { readonly do: "cancel"; readonly lane: number; readonly from: number; readonly count: number }
  | { readonly do: "pause" | "resume"; readonly what: Scope }
  | { readonly do: "claim"; readonly lanes: number; readonly perLane: number }
  | { readonly do: "next"; readonly leases: readonly number[]; readonly lanes: number; readonly perLane: number }
  | { readonly do: "complete" | "dead"; readonly lease: number; readonly share: number }
  | { readonly do: "retry" | "hold"; readonly lease: number; readonly afterMs: number }
  | { readonly do: "extend"; readonly lease: number }
  | { readonly do: "wake"; readonly lane: number }
  | { readonly do: "wait"; readonly ms: number };

const CLAIM = { sql: "get_next_queue_message($1::smallint, 'inbound', 'w', $2, $3, $4::interval, $5)" };
const NEXT =
  "next_queue_messages($1::smallint, 'inbound', 'w', $2, $3, $4::interval, $6::bigint[], $7::bigint[], p_max_claims => $5)";

/** What is paused: a lane, a tenant, everything. */
type Scope = `lane ${number}` | `tenant ${number}` | "queue";

const nat = (max: number) => fc.nat({ max });
const lease = nat(1000);
const scope = fc.constantFrom<Scope>("lane 0", "lane 2", "tenant 0", "tenant 1", "queue");
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("enqueue" as const), lane: nat(LANES - 1), priority: nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("cancel" as const), lane: nat(LANES - 1), from: nat(4), count: nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("pause" as const, "resume" as const), what: scope }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("claim" as const),
      lanes: nat(LANES),
      perLane: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("next" as const),
      leases: fc.array(lease, { maxLength: 3 }),
      lanes: nat(LANES),
      perLane: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom("complete" as const, "dead" as const), lease, share: nat(3) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("retry" as const, "hold" as const), lease, afterMs: nat(20_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("extend" as const), lease }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wake" as const), lane: nat(LANES - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: nat(12_000) }) },
);

/** What the model knows of a lane. */
interface Lane {
  readonly id: string;
  readonly tenant: number;
  priority: number;
  /** Given out so far. */
  tail: number;
  /** What is still to be done, in order. */
  pending: number[];
  /** Claimable from then on; meaningless while nothing is pending. */
  at: number;
  tries: number;
  /** The present lease's token, the last number that it may cover, and how many in a row ran out before it. */
  token: string | undefined;
  upto: number;
  lost: number;
}

interface Lease {
  readonly lane: Lane;
  readonly token: string;
  readonly seqs: readonly number[];
}

/** Runs commands against the engine and the model at the same time. */
class Run {
  readonly shard = -randomInt(1, 32_768);
  readonly tenants = [randomUUID(), randomUUID()];
  readonly lanes: Lane[] = Array.from({ length: LANES }, (_, index) => {
    const tenant = index % 2;
    const start = { priority: 0, tail: 0, pending: [], at: 0, tries: 0, token: undefined, upto: 0, lost: 0 };
    return { id: randomUUID(), tenant, ...start };
  });
  readonly pauses = new Set<Scope>();
  readonly leases: Lease[] = [];
  /** Sequence numbers in the order in which they were completed or given up, by lane; those that were cancelled in `cancelled`. */
  readonly finished = new Map<string, number[]>();
  readonly cancelled = new Map<string, number[]>();
  now = Date.parse("2026-11-20T10:00:00Z");
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async do(step: Command): Promise<void> {
    if (step.do === "wait") await this.setClock(this.now + step.ms);
    else if (step.do === "enqueue") await this.#enqueue(this.#lane(step.lane), step.priority);
    else if (step.do === "cancel") await this.#cancel(this.#lane(step.lane), step.from, step.from + step.count);
    else if ("what" in step) await this.#pause(step.do, step.what);
    else if (step.do === "claim") await this.#claim(step.lanes, step.perLane, CLAIM);
    else if (step.do === "next") await this.#next(step.leases, step.lanes, step.perLane);
    else if (step.do === "wake") await this.#wake(this.#lane(step.lane));
    else await this.#underLease(step);
    await this.#checkNext();
  }

  async setClock(now: number): Promise<void> {
    this.now = now;
    await this.#connection.rows("select set_config('app.fake_now', $1, false)", [new Date(now).toISOString()]);
  }

  /** Takes everything up until nothing is left. */
  async drain(): Promise<void> {
    for (const what of [...this.pauses]) await this.do({ do: "resume", what });
    while (this.lanes.some((lane) => lane.pending.length > 0)) {
      await this.setClock(this.now + 3_600_000);
      const first = this.leases.length;
      await this.do({ do: "claim", lanes: LANES, perLane: 4 });
      for (let index = first; index < this.leases.length; index += 1)
        await this.do({ do: "complete", lease: index, share: 0 });
    }
  }

  #lane(index: number): Lane {
    const lane = this.lanes[index];
    if (lane === undefined) throw new Error(`there is no lane ${index}`);
    return lane;
  }

  async #enqueue(lane: Lane, priority: number): Promise<void> {
    const seq = await this.#connection.one(
      "select app.enqueue_message($1::smallint, 'inbound', $2, $3, 'work', '{}', 'c', $4::smallint)",
      [this.shard, lane.id, this.tenants[lane.tenant], priority],
    );
    if (lane.pending.length === 0) Object.assign(lane, { at: this.now, priority, tries: 0, lost: 0, token: undefined });
    lane.priority = Math.max(lane.priority, priority);
    lane.tail += 1;
    lane.pending.push(lane.tail);
    expect(Number(seq), "sequence numbers are gapless").toBe(lane.tail);
  }

  /** Cancels numbers counted from the head. */
  async #cancel(lane: Lane, first: number, last: number): Promise<void> {
    const from = lane.pending[first] ?? lane.tail + 1;
    const upto = lane.pending[Math.min(last, lane.pending.length - 1)] ?? lane.tail;
    const held = lane.token !== undefined && lane.at > this.now ? lane.upto : 0;
    const gone = lane.pending.filter((seq) => seq >= from && seq <= upto && seq > held);
    const count = await this.#connection.one(
      "select app.cancel_queue_messages($1::smallint, 'inbound', $2, $3::bigint, $4::bigint)",
      [this.shard, lane.id, from, upto],
    );
    expect(count, "what no worker has in hand").toBe(gone.length);
    if (gone.length === 0) return;
    lane.pending = lane.pending.filter((seq) => !gone.includes(seq));
    this.cancelled.set(lane.id, [...(this.cancelled.get(lane.id) ?? []), ...gone]);
    if (held === 0) Object.assign(lane, { token: undefined, lost: 0 });
  }

  async #pause(verb: "pause" | "resume", what: Scope): Promise<void> {
    const [kind, index] = what.split(" ");
    const tenant = kind === "tenant" ? this.tenants[Number(index)] : null;
    const lane = kind === "lane" ? this.#lane(Number(index)).id : null;
    if (verb === "pause") {
      this.pauses.add(what);
      const sql = "select app.pause_queue($1::smallint, 'inbound', 'test', $2, $3)";
      await this.#connection.rows(sql, [this.shard, tenant, lane]);
    } else {
      const sql = "select app.resume_queue($1::smallint, 'inbound', $2, $3)";
      expect(await this.#connection.one(sql, [this.shard, tenant, lane])).toBe(this.pauses.delete(what));
    }
  }

  #isPaused(lane: Lane): boolean {
    const scopes: Scope[] = ["queue", `tenant ${lane.tenant}`, `lane ${this.lanes.indexOf(lane)}`];
    return scopes.some((scope) => this.pauses.has(scope));
  }

  /** Gives lanes back and claims in one call; stale leases among them are passed over. */
  async #next(indices: readonly number[], lanes: number, perLane: number): Promise<void> {
    const all = indices.map((index) => this.leases[index % this.leases.length]).filter((held) => held !== undefined);
    const done = [...new Set(all)].map(({ lane, token, seqs }) => ({ lane, token, upto: seqs.at(-1) ?? 0 }));
    for (const { lane, token, upto } of done) if (lane.token === token) this.#finish(lane, upto);
    const given = [done.map(({ token }) => token), done.map(({ upto }) => upto)];
    await this.#claim(lanes, perLane, { sql: NEXT, more: given });
  }

  async #claim(lanes: number, perLane: number, { sql, more = [] }: { sql: string; more?: unknown[] }): Promise<void> {
    const rows = await this.#connection.rows<{ lane_id: string; token: string; tries: number; seq: string }>(
      `select lane_id, token, tries, seq from app.${sql}`,
      [this.shard, lanes, perLane, `${LEASE_MS} milliseconds`, MAX_CLAIMS, ...more],
    );
    const due = this.lanes.filter((lane) => lane.pending.length > 0 && lane.at <= this.now && !this.#isPaused(lane));
    const got = this.lanes.filter((lane) => rows.some(({ lane_id }) => lane_id === lane.id));
    const buried = await this.#findBuried(due, perLane);
    const taken = [...got, ...buried];
    if (this.pauses.size === 0) expect(taken.length, "as many lanes as are due").toBe(Math.min(lanes, due.length));
    else if (lanes > 0) expect(taken.length > 0, "something, when something is due").toBe(due.length > 0);
    const newest = this.leases.reduce((max, { token }) => (BigInt(token) > max ? BigInt(token) : max), 0n);
    for (const lane of got) {
      expect(due, "only lanes that are due").toContain(lane);
      const behind = due.filter((other) => !taken.includes(other) && this.#isAlike(other, lane)).map(({ at }) => at);
      expect(lane.at, "the longest waiting first").toBeLessThanOrEqual(Math.min(...behind, Number.MAX_VALUE));
      const mine = rows.filter(({ lane_id }) => lane_id === lane.id);
      const seqs = mine.map(({ seq }) => Number(seq));
      const upto = (lane.pending[0] ?? 0) - 1 + perLane;
      expect(seqs, "the head and the burst behind it").toEqual(lane.pending.filter((seq) => seq <= upto));
      const token = mine[0]?.token ?? "";
      expect(BigInt(token) > newest, "a later lease has the greater token").toBe(true);
      const lost = lane.token === undefined ? 0 : lane.lost + 1;
      Object.assign(lane, { at: this.now + LEASE_MS, token, tries: lane.tries + 1, upto, lost });
      expect(mine[0]?.tries, "claims of this head").toBe(lane.tries);
      this.leases.push({ lane, token, seqs });
    }
    for (const lane of buried) this.#finish(lane, (lane.pending[0] ?? 0) - 1 + perLane);
    await this.#noteParked();
  }

  /** The lanes whose burst was given up in this claim. */
  async #findBuried(due: readonly Lane[], perLane: number): Promise<Lane[]> {
    const dead = await this.#connection.rows<{ lane_id: string; seq: string }>(
      "delete from app.queue_dead_letter where shard = $1 and error ->> 'code' = 'worker_lost' returning lane_id, seq",
      [this.shard],
    );
    const lost = this.lanes.filter((lane) => dead.some(({ lane_id }) => lane_id === lane.id));
    for (const lane of lost) {
      expect(due, "only what is due is given up").toContain(lane);
      expect(lane.lost + 1, "after so many leases in a row").toBe(MAX_CLAIMS);
      const seqs = dead.filter(({ lane_id }) => lane_id === lane.id).map(({ seq }) => Number(seq));
      const upto = (lane.pending[0] ?? 0) - 1 + perLane;
      expect(seqs.sort((a, b) => a - b)).toEqual(lane.pending.filter((seq) => seq <= upto));
    }
    return lost;
  }

  /** Whether only the time of waiting stands between two lanes. */
  #isAlike(one: Lane, other: Lane): boolean {
    return one.tenant === other.tenant && one.priority === other.priority;
  }

  /** A lease that ran out ends when a claim puts its lane aside. */
  async #noteParked(): Promise<void> {
    const parked = await this.#connection.rows<{ lane_id: string }>(
      "select lane_id from app.queue_ready where shard = $1 and parked_at is not null",
      [this.shard],
    );
    for (const lane of this.lanes.filter(({ id }) => parked.some(({ lane_id }) => lane_id === id))) {
      expect(this.#isPaused(lane), "only what is paused is put aside").toBe(true);
      lane.token = undefined;
    }
  }

  async #wake(lane: Lane): Promise<void> {
    await this.#connection.rows("select app.wake_lane($1::smallint, 'inbound', $2)", [this.shard, lane.id]);
    if (lane.token === undefined && lane.pending.length > 0) lane.at = Math.min(lane.at, this.now);
  }

  async #underLease(step: Extract<Command, { readonly lease: number }>): Promise<void> {
    if (this.leases.length === 0) return;
    const held = this.leases[step.lease % this.leases.length];
    if (held === undefined) return;
    const { lane, token, seqs } = held;
    const upto = seqs[Math.max(0, seqs.length - 1 - ("share" in step ? step.share : 0))] ?? 0;
    const after = `${"afterMs" in step ? step.afterMs : 0} milliseconds`;
    const [sql, more] = {
      complete: ["complete_queue_messages($1::smallint, 'inbound', $2, $3, $4)", [upto]] as const,
      dead: ["schedule_message_retry($1::smallint, 'inbound', $2, $3, $4, '{}', 1)", [upto]] as const,
      retry: [
        "schedule_message_retry($1::smallint, 'inbound', $2, $3, $4, '{}', 32767, $5::interval)",
        [upto, after],
      ] as const,
      hold: ["hold_lane($1::smallint, 'inbound', $2, $3, app.now() + $4::interval)", [after]] as const,
      extend: ["extend_lease($1::smallint, 'inbound', $2, $3, $4::interval)", [`${LEASE_MS} milliseconds`]] as const,
    }[step.do];
    const outcome = await this.#connection.rows(`select app.${sql}`, [this.shard, lane.id, token, ...more]).then(
      () => "done",
      (error: { code?: string }) => error.code,
    );
    expect(outcome, `${step.do} under ${lane.token === token ? "the present" : "a stale"} lease`).toBe(
      lane.token === token ? "done" : "SB001",
    );
    if (lane.token !== token) return;
    if (step.do === "extend") lane.at = this.now + LEASE_MS;
    else if (step.do === "retry") Object.assign(lane, { token: undefined, at: this.now + step.afterMs });
    else if (step.do === "hold")
      Object.assign(lane, { token: undefined, at: this.now + step.afterMs, tries: lane.tries - 1 });
    else this.#finish(lane, upto);
  }

  #finish(lane: Lane, upto: number): void {
    const done = lane.pending.filter((seq) => seq <= upto);
    this.finished.set(lane.id, [...(this.finished.get(lane.id) ?? []), ...done]);
    const pending = lane.pending.filter((seq) => seq > upto);
    Object.assign(lane, { token: undefined, pending, tries: 0, lost: 0, at: this.now });
  }

  /** While something is paused, lanes that no claim has met yet still say their own time. */
  async #checkNext(): Promise<void> {
    if (this.pauses.size > 0) return;
    const at = await this.#connection.one<Date | null>("select app.next_queue_at($1::smallint, 'inbound')", [
      this.shard,
    ]);
    const waiting = this.lanes.filter((lane) => lane.pending.length > 0).map((lane) => lane.at);
    expect(at?.getTime() ?? Number.POSITIVE_INFINITY, "when the next lane is due").toBe(Math.min(...waiting));
  }
}

describeWithPostgres("the queue and its model", () => {
  test("agree on every sequence of enqueue, claim, complete, retry, dead, hold, extend, wake, cancel, pause and expiry", async () => {
    await withHouse(async (_, connection) => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 60 }), async (steps) => {
          const run = new Run(connection);
          await run.setClock(run.now);
          for (const step of steps) await run.do(step);
          await run.drain();
          for (const lane of run.lanes) {
            const all = Array.from({ length: lane.tail }, (_, index) => index + 1);
            const cancelled = run.cancelled.get(lane.id) ?? [];
            const due = all.filter((seq) => !cancelled.includes(seq));
            expect(run.finished.get(lane.id) ?? [], "nothing is lost, nothing twice, all in order").toEqual(due);
          }
          const left = await connection.rows(
            "select from app.queue_ready where shard = $1 union all select from app.message_queue where shard = $1",
            [run.shard],
          );
          expect(left).toEqual([]);
          await connection.rows("delete from app.queue_dead_letter where shard = $1", [run.shard]);
          await connection.rows("delete from app.queue_lane where shard = $1", [run.shard]);
        }),
        { numRuns: 120 },
      );
    });
  });
});
