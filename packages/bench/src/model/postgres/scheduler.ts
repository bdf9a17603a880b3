// Runs the sessions of a script in every order: after each step it decides who goes on, and goes through all decisions. A
// session that waits for another one is parked until Postgres lets it go; the scheduler asks Postgres who waits for whom.
import { randomUUID } from "node:crypto";
import pg from "pg";
import type { Script } from "./scripts.ts";
import { type Given, Session } from "./session.ts";
import { type LaneRow, Witness } from "./witness.ts";

/** What came of all orders of a script. */
export interface Outcome {
  readonly schedules: number;
  /** Steps of all schedules. */
  readonly steps: number;
  /** How often a session was parked because it waited for another one. */
  readonly parked: number;
  /** The first schedule that broke a promise. */
  readonly failure: { readonly promise: string; readonly trace: readonly string[] } | undefined;
}

/** A decision that was made: which of the sessions that could go on did. */
interface Decision {
  chosen: number;
  readonly of: number;
}

/** Each schedule works in a shard of its own; each scheduler has so many. */
const SHARDS = 8_000;

/** Who waits for whom, and what is committed of the lane. */
const LOOK = `
select x.pid, pg_blocking_pids(x.pid) as by, null as lane from unnest($1::integer[]) as x (pid)
union all
select null, null, jsonb_build_object('tail', l.tail, 'idle', l.idle_at, 'done', r.done, 'seqs',
       array(select q.seq from app.message_queue q
              where q.shard = l.shard and q.queue = l.queue and q.lane_id = l.lane_id order by q.seq))
  from app.queue_lane l left join app.queue_ready r using (shard, queue, lane_id)
 where l.shard = $2 and l.queue = 'inbound' and l.lane_id = $3`;

interface Seen {
  readonly pid: number | null;
  readonly by: readonly number[] | null;
  readonly lane: LaneRow | null;
}

/** Connections to one database, on which one schedule runs after the other. */
export class Scheduler {
  readonly #controller: pg.Client;
  readonly #sessions: readonly Session[];
  readonly #first: number;
  #shard: number;
  #controllerPid = 0;
  /** The gate that was opened last; to be closed before the next one is opened. */
  #opened: readonly [number, number] | undefined;

  /**
   * @param url - a scratch database
   * @param number - distinguishes it from other schedulers on the same database; from 0
   */
  constructor(url: string, number = 0) {
    this.#controller = new pg.Client({ connectionString: url, application_name: "switchboard model scheduler" });
    this.#first = 3 * number;
    this.#shard = SHARDS * number;
    this.#sessions = [0, 1, 2].map((index) => new Session(url, { number: this.#first + index }));
  }

  async connect(): Promise<void> {
    await Promise.all([this.#controller, ...this.#sessions].map((one) => one.connect()));
    const { rows } = await this.#controller.query<{ pid: number }>("select pg_backend_pid() as pid");
    this.#controllerPid = rows[0]?.pid ?? 0;
  }

  async end(): Promise<void> {
    await Promise.all([...this.#sessions, this.#controller].map((one) => one.end()));
  }

  /** Runs a script in every order of its steps; ends with the first one that breaks a promise. */
  async runAll(script: Script): Promise<Outcome> {
    const decisions: Decision[] = [];
    const total = { schedules: 0, steps: 0, parked: 0 };
    for (;;) {
      const run = new Run(script, { shard: this.#nextShard(), decisions });
      await this.#runOne(run);
      total.schedules += 1;
      total.steps += run.steps;
      total.parked += run.parked;
      if (run.witness.broken !== undefined)
        return { ...total, failure: { promise: run.witness.broken, trace: run.trace } };
      decisions.length = run.steps;
      // The next one differs in the last decision that can still be made otherwise.
      while ((decisions.at(-1)?.chosen ?? 0) + 1 >= (decisions.at(-1)?.of ?? 2)) {
        if (decisions.pop() === undefined) return { ...total, failure: undefined };
      }
      const last = decisions.at(-1);
      if (last === undefined) return { ...total, failure: undefined };
      last.chosen += 1;
    }
  }

  #nextShard(): number {
    this.#shard += 1;
    return this.#shard;
  }

  async #runOne(run: Run): Promise<void> {
    const [first] = this.#sessions;
    if (first === undefined) return;
    await this.#alone(
      first,
      run,
      run.script.before.map((statement) => ({ statements: [statement], end: "commit" as const })),
    );
    const sessions = run.names.map((_, index) => this.#sessions[index]).filter((session) => session !== undefined);
    for (const [index, session] of sessions.entries())
      this.#load(session, run, run.script.sessions[run.names[index] ?? ""]);
    await this.#controller.query(
      "select pg_advisory_lock(s, g) from generate_series($1::integer, $1 + 2) as s, generate_series(0, 1) as g",
      [this.#first],
    );
    this.#opened = undefined;
    await this.#interleave(sessions, run);
    await this.#controller.query("select pg_advisory_unlock_all()");
    await Promise.all(sessions.map((session) => session.reset()));
    for (let round = 0; run.witness.broken === undefined && round < 9; round += 1) {
      const at = 1000 * (round + 1);
      const rest = [{ do: "claim", as: "rest", at } as const, { do: "complete", lease: "rest", at } as const];
      run.leases.delete("rest");
      await this.#alone(
        first,
        run,
        rest.map((statement) => ({ statements: [statement], end: "commit" as const })),
      );
      if (!run.leases.has("rest")) break;
    }
    if (run.witness.broken === undefined) run.witness.end();
  }

  #load(session: Session, run: Run, transactions: Script["sessions"][string] = []): void {
    const { place, leases, witness } = run;
    session.load({ place, transactions, leases, onCommit: (events) => witness.commit(events) });
  }

  /** Does something while nobody else does anything. */
  async #alone(session: Session, run: Run, transactions: Script["sessions"][string]): Promise<void> {
    this.#load(session, run, transactions);
    while (!session.isFinished) {
      session.start();
      await session.running;
      if (session.trouble !== undefined) run.witness.complain(session.trouble);
    }
  }

  async #interleave(sessions: readonly Session[], run: Run): Promise<void> {
    const parked = new Set<Session>();
    for (;;) {
      const able = sessions.filter((session) => !session.isFinished && !parked.has(session));
      if (able.length === 0) {
        if (parked.size > 0) run.witness.complain("no deadlock: whoever is not finished waits for another one");
        return;
      }
      const session = able[run.decide(able.length)];
      if (session === undefined) return;
      await this.#step(session, { sessions, run, parked });
      if (run.witness.broken !== undefined) return;
    }
  }

  /** Lets a session do its next statement, or go on from the gate at which it stands, as far as it gets. */
  async #step(session: Session, on: Stage): Promise<void> {
    const name = on.run.names[session.number - this.#first];
    const { gate } = session;
    if (gate === undefined) {
      if (this.#opened?.[0] === session.number) await this.#closeGate(this.#opened);
      on.run.trace.push(`${name}: ${session.start()}`);
    } else {
      on.run.trace.push(`${name}: goes on`);
      session.pass();
      await this.#openGate([session.number, gate]);
    }
    await this.#settle(on);
  }

  async #openGate(gate: readonly [number, number]): Promise<void> {
    const close = this.#opened === undefined ? "" : `pg_advisory_lock(${this.#opened.join(", ")}), `;
    await this.#controller.query(`select ${close}pg_advisory_unlock(${gate.join(", ")})`);
    this.#opened = gate;
  }

  async #closeGate(gate: readonly [number, number]): Promise<void> {
    await this.#controller.query(`select pg_advisory_lock(${gate.join(", ")})`);
    this.#opened = undefined;
  }

  /** Waits until every session is through with its statement, stands at a gate, or waits for another session. */
  async #settle({ sessions, run, parked }: Stage): Promise<void> {
    for (let isSettled = false; !isSettled; ) {
      const busy = sessions.filter(({ running }) => running !== undefined);
      const pids = busy.map(({ pid }) => pid);
      const { rows } = await this.#controller.query<Seen>(LOOK, [pids, run.place.shard, run.place.lane]);
      // Who became ready meanwhile may have let somebody else go: what Postgres said of that one is old.
      isSettled = busy.every(({ running }) => running !== undefined);
      for (const { lane } of rows) if (lane !== null) run.witness.look(lane);
      for (const session of sessions) {
        // Whoever is not of this schedule lets go by itself: each commit with a NOTIFY waits for all others on the server.
        const blockers = rows.find(({ pid }) => pid === session.pid)?.by ?? [];
        const by = blockers.filter((pid) => pid === this.#controllerPid || sessions.some((one) => one.pid === pid));
        if (session.running === undefined) {
          parked.delete(session);
          if (session.trouble !== undefined) run.witness.complain(session.trouble);
        } else if (by.includes(this.#controllerPid)) {
          parked.delete(session);
          session.arrive();
        } else if (by.length === 0) isSettled = false;
        else if (!parked.has(session)) {
          parked.add(session);
          run.trace.push(`${run.names[session.number - this.#first]} waits for another one`);
          run.parked += 1;
        }
      }
    }
  }
}

/** Whom a step is about. */
interface Stage {
  readonly sessions: readonly Session[];
  readonly run: Run;
  readonly parked: Set<Session>;
}

/** One schedule. */
class Run {
  readonly script: Script;
  readonly names: readonly string[];
  readonly place: { readonly shard: number; readonly lane: string };
  readonly leases = new Map<string, Given>();
  readonly witness = new Witness();
  readonly trace: string[] = [];
  parked = 0;
  readonly #decisions: Decision[];
  #made = 0;

  constructor(script: Script, options: { readonly shard: number; readonly decisions: Decision[] }) {
    this.script = script;
    this.names = Object.keys(script.sessions);
    this.place = { shard: options.shard, lane: randomUUID() };
    this.#decisions = options.decisions;
  }

  get steps(): number {
    return this.#made;
  }

  /** As the schedule says so far, then always the first. */
  decide(of: number): number {
    const decision = this.#decisions[this.#made] ?? { chosen: 0, of };
    this.#decisions[this.#made] = decision;
    this.#made += 1;
    return Math.min(decision.chosen, of - 1);
  }
}
