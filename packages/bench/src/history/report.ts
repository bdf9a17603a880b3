// A run in words: its figures, and what was around a violation.
import { type History, type LaneEvent, type Note, PROPERTIES, type Violation } from "./history.ts";
import type { RunOptions, RunResult } from "./run.ts";

const SHOWN_VIOLATIONS = 5;
const BEFORE = 8;
const AFTER = 4;
const NOTES = 12;
/** The engine's clock is moved by less than this. */
const NEAR_MS = 8_000;

/** The figures of a run, a line each. */
export function figuresOf({ history, verdict, produced, chaos, seconds }: RunResult, { seed }: RunOptions): string {
  const count = (kind: LaneEvent["kind"]) => history.events.filter((event) => event.kind === kind).length;
  const retries = history.events.filter((event) => event.kind === "retry" && event.outcome === "retry").length;
  const stale = history.notes.filter((note) => note.note === "reply" && note.code === "SB001").length;
  const begun = history.notes.filter(({ note }) => note === "begin").length;
  const rows: readonly (readonly [string, string | number])[] = [
    ["messages enqueued", count("enqueue")],
    ["rolled back", produced.rolledBack],
    ["transactions cut off", produced.broken],
    ["completed", verdict.completed],
    ["dead", verdict.dead],
    ["claims", count("claim")],
    ["completions", count("complete")],
    ["retries", retries],
    ["given back untouched", count("hold")],
    ["leases extended", count("extend")],
    ["leases taken over", verdict.takenOver],
    ["stale refusals", stale],
    ["messages handled more than once", Math.max(begun - verdict.completed - verdict.dead, 0)],
    ["kills", chaos.kills],
    ["stops", chaos.stops],
    ["quits", chaos.quits],
    ["connections terminated", chaos.terminations],
    ["crashes of Postgres", chaos.crashes],
    ["clock moves", chaos.clockMoves],
    ["violations", verdict.violations.length],
    ["duration", `${seconds.toFixed(0)} s`],
    ["seed", seed],
  ];
  return rows.map(([name, value]) => `${name.padEnd(32)} ${value}`).join("\n");
}

/** The violations, the first few with the events around them. */
export function violationsOf(history: History, violations: readonly Violation[]): string {
  const counts = Map.groupBy(violations, ({ property }) => property);
  const summary = [...counts].map(([property, found]) => `${property}: ${found.length} (${PROPERTIES[property]})`);
  const shown = violations.slice(0, SHOWN_VIOLATIONS).map((violation) => describe(history, violation));
  return ["VIOLATED", ...summary, ...shown].join("\n");
}

function describe({ events, notes }: History, { property, lane, n, message }: Violation): string {
  const mine = events.filter((event) => event.lane === lane);
  const at = n === undefined ? mine.length - 1 : mine.findIndex((event) => event.n === n);
  const around = mine.slice(Math.max(at - BEFORE, 0), at + AFTER + 1);
  const calls = new Map<string, LaneEvent>(around.map((event) => [`${event.process} ${event.call}`, event]));
  const ms = (mine[at]?.atUs ?? 0) / 1000;
  const near = notes.filter((note) => Math.abs(note.t - ms) < NEAR_MS && isAbout(note, lane, calls)).slice(-NOTES);
  const lines = [
    `\n${property}: ${message}\n  lane ${lane}`,
    ...around.map((event) => `  ${event.n === n ? ">" : " "} ${wordsOf(event)}`),
    ...near.map((note) => `    noted ${JSON.stringify(note)}`),
  ];
  return lines.join("\n");
}

/** An event on one line: who did what when, and the rest. */
function wordsOf({ n, kind, process, call, lane: _, beganUs, atUs, ...rest }: LaneEvent): string {
  const time = new Date(atUs / 1000).toISOString().slice(11, 23);
  return `${n} ${time} ${process} call ${call}: ${kind} ${JSON.stringify(rest)} in ${atUs - beganUs} us`;
}

/** Calls in that lane that led to no event that is shown. */
function isAbout(note: Note, lane: string, calls: ReadonlyMap<string, LaneEvent>): boolean {
  return note.note === "call" && note.lane === lane && !calls.has(`${note.process} ${note.call}`);
}
