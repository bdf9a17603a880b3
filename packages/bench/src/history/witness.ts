// The witness. Every call that it sees is noted in the process's own file before and after, and, in the same statement
// and so in the same transaction, in the table history.event: a call has its row there if and only if it was committed,
// also when its answer never arrived. The engine's statement stays as it is; the row is written around it.
import { closeSync, openSync, writeSync } from "node:fs";
import type { Database } from "@switchboard/commons/db/database.ts";
import type { EventKind, Note } from "./history.ts";

// biome-ignore format: a line a thing
type Unstamped<N> = N extends unknown ? Omit<N, "process" | "t"> : never;
/** A note without what is the same for all notes of a process. */
export type NewNote = Unstamped<Note>;

/** The file of one process. Each line is one write behind the end, so that a SIGKILL loses no earlier line. */
export class NoteFile {
  readonly process: string;
  readonly #file: number;
  #calls = 0;

  constructor(path: string, process: string) {
    this.process = process;
    this.#file = openSync(path, "a");
  }

  write(note: NewNote): void {
    writeSync(this.#file, `${JSON.stringify({ process: this.process, t: Date.now(), ...note })}\n`);
  }

  /** A number for another call. */
  nextCall(): number {
    this.#calls += 1;
    return this.#calls;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** A database that notes the calls of the engine that are part of a history, and passes everything on. */
export function witnessed(db: Database, notes: NoteFile, onCall: (call: number) => void = () => {}): Database {
  return {
    async query(text, values) {
      const call = notes.nextCall();
      const statement = withEvent(text, values.length);
      if (statement === undefined) return await db.query(text, values);
      const { kind, parameters } = statement;
      const lane = values[(parameters.get("p_lane_id") ?? 0) - 1];
      const token = values[(parameters.get("p_token") ?? 0) - 1];
      notes.write({
        note: "call",
        call,
        kind,
        ...(typeof lane === "string" ? { lane } : {}),
        ...(typeof token === "number" ? { token } : {}),
      });
      onCall(call);
      try {
        const result = await db.query(statement.text, [...values, notes.process, call]);
        notes.write({ note: "reply", call, code: "ok", rows: result.rows.length });
        return result;
      } catch (error) {
        notes.write({ note: "reply", call, code: codeOf(error), rows: 0 });
        throw error;
      }
    },
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
}

const KINDS: Readonly<Record<string, EventKind>> = {
  enqueue_message: "enqueue",
  get_next_queue_message: "claim",
  complete_queue_messages: "complete",
  schedule_message_retry: "retry",
  hold_lane: "hold",
  extend_lease: "extend",
};
const MICROSECONDS = (interval: string) => `(extract(epoch from ${interval}) * 1000000)::bigint`;

/** What an event has beyond what all have, as arguments of jsonb_build_object; `p` gives the parameter of that name. */
const DETAIL: { readonly [K in EventKind]: (p: (name: string) => string) => string } = {
  enqueue: (p) => `'seq', r.enqueue_message, 'id', (${p("p_payload")} ->> 'id')::bigint`,
  claim: (p) => `'token', r.token, 'tries', r.tries, 'leaseUs', ${MICROSECONDS(p("p_lease"))},
    'seqs', jsonb_agg(r.seq order by r.seq), 'ids', jsonb_agg(r.payload -> 'id' order by r.seq)`,
  complete: (p) => `'token', ${p("p_token")}, 'upto', ${p("p_upto")}`,
  retry: (p) => `'token', ${p("p_token")}, 'upto', ${p("p_upto")}, 'maxTries', ${p("p_max_tries")},
    'outcome', r.schedule_message_retry, 'afterUs', ${MICROSECONDS(p("p_retry_after"))}`,
  hold: (p) => `'token', ${p("p_token")}, 'untilUs', ${MICROSECONDS(p("p_at"))}`,
  extend: (p) => `'token', ${p("p_token")}, 'leaseUs', ${MICROSECONDS(p("p_lease"))}`,
};

/**
 * The statement with the event written beside it, for two more parameters: process and call.
 *
 * `r` is materialised, so the engine's function has returned, and holds its locks, when the event draws its number: the
 * numbers of a lane's events are in the order in which its locks were taken. `beganUs` counts back to the start of the
 * statement, `atUs` is taken after the function: what the function saw on the clock lies between them.
 * @returns undefined for a statement that is no part of a history
 */
export function withEvent(text: string, values: number) {
  const [, name = "", list = ""] = /^select \* from app\.(\w+)\((.*)\)$/.exec(text) ?? [];
  const kind = KINDS[name];
  if (kind === undefined) return undefined;
  const parameters = new Map(
    [...list.matchAll(/(\w+) => \$(\d+)/g)].map(([, parameter = "", index]) => [parameter, Number(index)]),
  );
  const place = (parameter: string) => {
    const index = parameters.get(parameter);
    if (index === undefined) throw new Error(`The witness needs ${parameter} in every call of ${name}.`);
    return `$${index}`;
  };
  const lane = kind === "claim" ? "r.lane_id" : place("p_lane_id");
  const began = "app.now() - (clock_timestamp() - statement_timestamp())";
  const event = `select $${values + 1}::text, $${values + 2}::bigint, '${kind}', ${lane}, ${MICROSECONDS(began)},
    ${MICROSECONDS("app.now()")}, jsonb_build_object(${DETAIL[kind](place)}) from r`;
  const grouped = kind === "claim" ? " group by r.lane_id, r.token, r.tries" : "";
  return {
    kind,
    parameters,
    text: `with r as materialized (${text}), w as (
  insert into history.event (process, call, kind, lane, began_us, at_us, detail) ${event}${grouped}
) select * from r`,
  };
}
