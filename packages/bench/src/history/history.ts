// What a run leaves behind: the events that Postgres committed, the notes that the processes wrote, and what was left in
// the queue at the end. The checker takes nothing else.

/** What every event has. Times are the engine's clock, in microseconds since 1970. */
interface EventBase {
  /** Order of the events. Right within a lane: it is drawn while the call holds the lane's locks. */
  readonly n: number;
  /** The process that called, such as `worker-2.3`: the third life of worker 2. */
  readonly process: string;
  /** Number of the call within its process. */
  readonly call: number;
  readonly lane: string;
  /** Not after the moment at which the call looked at the clock. */
  readonly beganUs: number;
  /** Not before that moment. */
  readonly atUs: number;
}

/** A message was put at the end of a lane. */
export interface EnqueueEvent extends EventBase {
  readonly kind: "enqueue";
  readonly seq: number;
  /** Of the message; no two attempts share one. */
  readonly id: number;
}

/** A lane was handed to a worker, with these messages. */
export interface ClaimEvent extends EventBase {
  readonly kind: "claim";
  readonly token: number;
  readonly tries: number;
  readonly seqs: readonly number[];
  readonly ids: readonly number[];
  readonly leaseUs: number;
}

/** A lane's messages up to `upto` are done. */
export interface CompleteEvent extends EventBase {
  readonly kind: "complete";
  readonly token: number;
  readonly upto: number;
}

/** A try failed: again later, or dead. */
export interface RetryEvent extends EventBase {
  readonly kind: "retry";
  readonly token: number;
  readonly upto: number;
  readonly maxTries: number;
  readonly outcome: "retry" | "dead";
  /** What was asked for; null: the engine's own backoff. */
  readonly afterUs: number | null;
}

/** A lane was given back untouched. */
export interface HoldEvent extends EventBase {
  readonly kind: "hold";
  readonly token: number;
  readonly untilUs: number;
}

/** A sign of life. */
export interface ExtendEvent extends EventBase {
  readonly kind: "extend";
  readonly token: number;
  readonly leaseUs: number;
}

/** One committed call of the engine. */
export type LaneEvent = EnqueueEvent | ClaimEvent | CompleteEvent | RetryEvent | HoldEvent | ExtendEvent;
/** The kinds of events. */
export type EventKind = LaneEvent["kind"];

/** A line of a process's own file. `t`: milliseconds since 1970 by the machine's clock, for people only. */
export type Note = { readonly process: string; readonly t: number } & (
  | {
      readonly note: "call";
      readonly call: number;
      readonly kind: EventKind;
      readonly lane?: string;
      readonly token?: number;
    }
  | { readonly note: "reply"; readonly call: number; readonly code: string; readonly rows: number }
  | {
      readonly note: "begin" | "end" | "fail";
      readonly lane: string;
      readonly token: number;
      readonly seq: number;
      readonly id: number;
    }
  | { readonly note: "commit" | "rollback"; readonly calls: readonly number[] }
);

/** A dead letter as it stands in the database at the end. */
export interface DeadLetter {
  readonly lane: string;
  readonly seq: number;
  readonly id: number;
  readonly tries: number;
  readonly reason: string;
}

/** What is left in the engine's tables at the end. */
export interface EndState {
  readonly waiting: readonly { readonly lane: string; readonly seq: number }[];
  readonly dead: readonly DeadLetter[];
  readonly tails: readonly { readonly lane: string; readonly tail: number }[];
}

/** What was promised about the work. */
export interface Rules {
  readonly maxTries: number;
  readonly perLane: number;
  /** What is to become of a message, whoever kills whom. */
  readonly expected: (id: number) => "completed" | "dead";
  /** The reason that stands in its dead letter. */
  readonly reason: (id: number) => string;
}

/** A whole run. */
export interface History {
  /** In ascending order of `n`. */
  readonly events: readonly LaneEvent[];
  /** Those of one process in the order in which it wrote them. */
  readonly notes: readonly Note[];
  readonly end: EndState;
  readonly rules: Rules;
}

/** The properties, in words for people. */
export const PROPERTIES = {
  kept: "what was acknowledged as committed is there",
  lost: "every committed message is completed or dead at the end",
  blocked: "nothing waits for ever behind a dead message",
  twice: "no message is completed twice",
  order: "order is kept per lane",
  lease: "at most one live lease per lane",
  fence: "no write is accepted with a stale token, and none refused with a live one",
  limit: "a failing message is tried to its limit, then dead with its reason; no other one dies",
  witness: "the witness itself is complete",
} as const;
/** The name of a property. */
export type Property = keyof typeof PROPERTIES;

/** A property that did not hold. */
export interface Violation {
  readonly property: Property;
  readonly lane: string;
  /** The event at which it showed; undefined: at the end. */
  readonly n: number | undefined;
  readonly message: string;
}
