// One connection of a schedule: runs the statements of its script one at a time and remembers what came of them.
import pg from "pg";
import type { Statement, Transaction } from "./scripts.ts";

/** The engine's clock at second 0. */
const EPOCH = Date.parse("2026-01-01T00:00:00Z");
const LEASE_SECONDS = 30;

/** A lease that somebody was given. */
export interface Given {
  readonly token: string;
  readonly seqs: readonly number[];
}

/** Something that was done in the lane. It counts when its transaction commits. */
export type Event =
  | { readonly what: "enqueued"; readonly seq: number }
  | { readonly what: "claimed"; readonly given: Given; readonly at: number; readonly ends: number }
  | { readonly what: "extended"; readonly token: string; readonly ends: number }
  | { readonly what: "given back"; readonly token: string }
  | { readonly what: "finished"; readonly token: string; readonly seqs: readonly number[] };

/** Where a schedule works: a shard of its own with one lane. */
export interface Place {
  readonly shard: number;
  readonly lane: string;
}

/** What a session does next: a statement, or the end of a transaction. */
type Move = Statement | { readonly do: Transaction["end"] };

/** A session of a schedule. */
export class Session {
  readonly number: number;
  /** Undefined: nothing under way. */
  running: Promise<void> | undefined;
  /** What did not go as the protocol says: any error but a stale lease. */
  trouble: string | undefined;
  readonly #client: pg.Client;
  #pid = 0;
  #place: Place = { shard: 0, lane: "" };
  #moves: Move[] = [];
  #isOpen = false;
  #gate: 0 | 1 = 0;
  #isAtGate = false;
  #written: Event[] = [];
  #leases: Map<string, Given> = new Map();
  #onCommit: (events: readonly Event[]) => void = () => {};

  constructor(url: string, options: { readonly number: number }) {
    this.number = options.number;
    this.#client = new pg.Client({ connectionString: url, application_name: "switchboard model session" });
  }

  get pid(): number {
    return this.#pid;
  }

  get isFinished(): boolean {
    return this.running === undefined && this.#moves.length === 0;
  }

  async connect(): Promise<void> {
    await this.#client.connect();
    await this.#client.query(
      `set role service_role; set statement_timeout = '20s'; set model.session = '${this.number}'; set jit = off`,
    );
    const { rows } = await this.#client.query<{ pid: number }>("select pg_backend_pid() as pid");
    this.#pid = rows[0]?.pid ?? 0;
  }

  end(): Promise<void> {
    return this.#client.end();
  }

  /** Gets ready for another schedule. */
  load(options: {
    readonly place: Place;
    readonly transactions: readonly Transaction[];
    /** By name, shared by everybody. */
    readonly leases: Map<string, Given>;
    readonly onCommit: (events: readonly Event[]) => void;
  }): void {
    this.#place = options.place;
    this.#leases = options.leases;
    this.#onCommit = options.onCommit;
    this.#moves = options.transactions.flatMap(({ statements, end }): Move[] => [...statements, { do: end }]);
    this.#written = [];
    this.trouble = undefined;
  }

  /** Starts the next move; `running` is set until it is over. Returns its name, for a trace. */
  start(): string {
    const move = this.#moves.shift();
    if (move === undefined) throw new Error("unreachable: a finished session is not started");
    this.#gate = 0;
    this.#isAtGate = false;
    this.running = this.#do(move).finally(() => {
      this.running = undefined;
    });
    return describe(move);
  }

  /** The gate at which it stands; undefined: it stands at none. */
  get gate(): 0 | 1 | undefined {
    return this.#isAtGate ? this.#gate : undefined;
  }

  /** It was seen to wait at its next gate. */
  arrive(): void {
    this.#isAtGate = true;
  }

  /** Its gate is about to be opened. */
  pass(): void {
    this.#isAtGate = false;
    this.#gate = this.#gate === 0 ? 1 : 0;
  }

  /** Ends whatever is under way. Its gates must be open. */
  async reset(): Promise<void> {
    await this.running;
    this.#moves = [];
    await this.#end("rollback");
  }

  async #do(move: Move): Promise<void> {
    try {
      if (isEnd(move)) await this.#end(move.do);
      else await this.#run(move);
    } catch (error) {
      await this.#client.query("rollback");
      this.#isOpen = false;
      this.#written = [];
      // What else the transaction was to do is not done.
      this.#moves = this.#moves.slice(1 + this.#moves.findIndex(isEnd));
      const { code = "", message = "" } = error instanceof Error ? (error as Error & { code?: string }) : {};
      // 40001: the lease passed on in that very moment; called again it would be stale.
      if (code !== "SB001" && code !== "40001") this.trouble = `${describe(move)} failed with ${code} ${message}`;
    }
  }

  async #end(how: "commit" | "rollback"): Promise<void> {
    if (!this.#isOpen) return;
    await this.#client.query(how);
    this.#isOpen = false;
    if (how === "commit") this.#onCommit(this.#written);
    this.#written = [];
  }

  async #run(statement: Statement): Promise<void> {
    const sql = sqlOf(statement, { place: this.#place, leases: this.#leases });
    if (sql === undefined) return; // the claim that was to give the lease got nothing
    const time = new Date(EPOCH + ("at" in statement ? (statement.at ?? 0) : 0) * 1000).toISOString();
    const begin = this.#isOpen ? "" : "begin; ";
    this.#isOpen = true;
    // Several statements in one text: pg gives a result for each of them, though its types speak of one.
    const answer: unknown = await this.#client.query(
      `${begin}set local model.gate = '-1'; set local app.fake_now = '${time}'; ${sql}`,
    );
    // SAFETY: a text of several statements is answered by a list of results.
    const results = answer as pg.QueryResult<Record<string, string>>[];
    const rows = results.at(-1)?.rows ?? [];
    if ("lease" in statement && isMany(statement.do) && rows[0]?.stale !== "none")
      throw Object.assign(new Error("the lease is stale"), { code: "SB001" });
    const event = eventOf(statement, { rows, leases: this.#leases });
    if (event !== undefined) this.#written.push(event);
  }
}

function isEnd(move: Move): move is { readonly do: Transaction["end"] } {
  return move.do === "commit" || move.do === "rollback";
}

function sqlOf(
  statement: Statement,
  { place, leases }: { readonly place: Place; readonly leases: ReadonlyMap<string, Given> },
): string | undefined {
  const lane = `${place.shard}::smallint, 'inbound', '${place.lane}'`;
  if (statement.do === "enqueue") {
    const urgent = ", p_priority => 9::smallint, p_quiet => '5 seconds', p_max_wait => '9 seconds'";
    return `select app.enqueue_message(${lane}, '${place.lane}', 'work', '{}', 'c'${statement.urgent === true ? urgent : ""}) as seq`;
  }
  if (statement.do === "claim")
    return `select token, seq from app.get_next_queue_message(${place.shard}::smallint, 'inbound', 'w', p_lease => '${LEASE_SECONDS} seconds')`;
  const lease = leases.get(statement.lease);
  if (lease === undefined) return undefined;
  const upto = isHead(statement.do) ? lease.seqs[0] : lease.seqs.at(-1);
  const many = `select case when c.stale = '{}' then 'none' end as stale
    from app.complete_queue_lanes(${place.shard}::smallint, 'inbound', array[${lease.token}], array[${upto}]) as c`;
  const under = `${lane}, ${lease.token}`;
  return {
    complete: `select app.complete_queue_messages(${under}, ${upto})`,
    "complete head": `select app.complete_queue_messages(${under}, ${upto})`,
    "complete many": many,
    "complete head many": many,
    retry: `select app.schedule_message_retry(${under}, ${upto}, '{}', 99, '5 seconds')`,
    bury: `select app.schedule_message_retry(${under}, ${upto}, '{}', 1)`,
    hold: `select app.hold_lane(${under}, app.now() + interval '5 seconds')`,
    extend: `select app.extend_lease(${under}, '${LEASE_SECONDS} seconds')`,
  }[statement.do];
}

function eventOf(
  statement: Statement,
  by: { readonly rows: readonly Record<string, string>[]; readonly leases: Map<string, Given> },
): Event | undefined {
  const [row] = by.rows;
  if (statement.do === "enqueue") return { what: "enqueued", seq: Number(row?.seq) };
  const at = statement.at ?? 0;
  const ends = at + LEASE_SECONDS;
  if (statement.do === "claim") {
    if (row?.token === undefined) return undefined;
    const given = { token: row.token, seqs: by.rows.map(({ seq }) => Number(seq)) };
    by.leases.set(statement.as, given);
    return { what: "claimed", given, at, ends };
  }
  const { token = "", seqs = [] } = by.leases.get(statement.lease) ?? {};
  if (statement.do === "extend") return { what: "extended", token, ends };
  if (statement.do === "retry" || statement.do === "hold") return { what: "given back", token };
  return { what: "finished", token, seqs: isHead(statement.do) ? seqs.slice(0, 1) : seqs };
}

function isHead(deed: string): boolean {
  return deed.startsWith("complete head");
}

function isMany(deed: string): boolean {
  return deed.endsWith("many");
}

function describe(move: Move): string {
  if (!("lease" in move)) return move.do === "enqueue" && move.urgent === true ? "enqueue urgently" : move.do;
  return `${move.do} under lease ${move.lease}`;
}
