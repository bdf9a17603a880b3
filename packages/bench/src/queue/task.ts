// One measurement: what a process of its own is asked to do, and what it answers.
import type { Behind, Ground } from "./contender.ts";
import type { Load, Seen } from "./load.ts";

/** A drain. */
export interface DrainTask {
  readonly op: "drain";
  readonly contender: string;
  readonly load: Load;
  /** How long a handler takes. */
  readonly handlerMs: number;
  /** The drain is broken off after that; its rate is what was reached. */
  readonly capMs: number;
  /** Pieces drained first, unmeasured, so that plans and code are warm. */
  readonly warm: number;
  /** Other work lies around; put there by a "behind" task, or now when only age decides. */
  readonly behind?: { readonly kind: Behind; readonly rows: number };
}

/** What is asked of a process. */
export type Task =
  | DrainTask
  | { readonly op: "install"; readonly contender: string }
  /** Empties the tables and puts other work in. */
  | {
      readonly op: "behind";
      readonly contender: string;
      readonly kind: Behind;
      readonly rows: number;
      readonly load: Load;
    }
  | { readonly op: "clear"; readonly contender: string }
  /** Fills and drains again and again while a transaction keeps every dead row. */
  | {
      readonly op: "pinned";
      readonly contender: string;
      readonly load: Load;
      readonly cycles: number;
      readonly capMs: number;
    }
  | {
      readonly op: "enqueue";
      readonly contender: string;
      readonly batch: number;
      readonly connections: number;
      readonly ms: number;
    }
  | { readonly op: "latency"; readonly contender: string; readonly times: number }
  | { readonly op: "idle"; readonly contender: string; readonly times: number };

/** A measured drain. */
export interface Drained extends Seen {
  /** Wanted and other pieces a second, from the first handler to the last completion. */
  readonly rate: number;
  readonly seconds: number;
  readonly capped: boolean;
  /** Microseconds of Postgres's processors a piece. */
  readonly cpuUs: number;
  readonly walBytes: number;
  /** Microseconds of this process's a piece. */
  readonly clientCpuUs: number;
  /** Wanted pieces that are still in the tables. */
  readonly left: number;
}

/** What enqueueing came to. */
export interface Enqueued {
  readonly rate: number;
  readonly cpuUs: number;
  readonly walBytes: number;
  readonly p50: number;
  readonly p99: number;
}

/** Answers by what was asked. */
export interface Answers {
  readonly drain: Drained;
  readonly install: null;
  readonly behind: null;
  readonly clear: null;
  readonly pinned: { readonly cycles: readonly Pick<Drained, "rate" | "cpuUs" | "capped" | "twice">[] };
  readonly enqueue: Enqueued;
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number; readonly count: number };
  readonly idle: { readonly ms: number; readonly cpuUs: number; readonly found: number };
}

/** The answer to a task. */
export type AnswerTo<T extends Task> = Answers[T["op"]];

/** What goes to the process. */
export interface Order {
  readonly ground: Ground;
  readonly task: Task;
}

/** What comes back. */
export type Reply = { readonly answer: Answers[Task["op"]] } | { readonly failure: string };
