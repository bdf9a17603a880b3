// Holds what the processes noted against what Postgres committed: acknowledged is kept, rolled back and refused is not
// there, completed was handled.
import type { History, LaneEvent, Note, Property, Violation } from "./history.ts";
import type { LaneState } from "./lane-model.ts";

type NoteOf<N extends Note["note"]> = Extract<Note, { readonly note: N }>;
const STALE = "SB001";

/**
 * Checks the notes.
 * @param lanes - those whose events were right
 */
export function checkNotes(history: History, lanes: ReadonlyMap<string, LaneState>): Violation[] {
  const events = new Map<string, LaneEvent>();
  for (const event of history.events) events.set(`${event.process} ${event.call}`, event);
  const calls = new Map<string, NoteOf<"call">>();
  for (const note of history.notes) if (note.note === "call") calls.set(`${note.process} ${note.call}`, note);
  const known = { events, calls };
  return [
    ...history.notes.flatMap((note) => checkNote(note, known)),
    ...checkCalls(known),
    ...checkRefusals(history, calls),
    ...checkHandled(history, lanes),
  ];
}

interface Known {
  readonly events: ReadonlyMap<string, LaneEvent>;
  readonly calls: ReadonlyMap<string, NoteOf<"call">>;
}

/** What a process was told about a call of its own. */
function checkNote(note: Note, { events, calls }: Known): Violation[] {
  const { process } = note;
  const fault = (property: Property, call: number, message: string): Violation => {
    const event = events.get(`${process} ${call}`);
    const lane = event?.lane ?? calls.get(`${process} ${call}`)?.lane ?? "";
    return { property, lane, n: event?.n, message: `${message} (call ${call} of ${process})` };
  };
  const isThere = (call: number) => events.has(`${process} ${call}`);
  switch (note.note) {
    case "commit":
      return note.calls
        .filter((call) => !isThere(call))
        .map((call) => fault("kept", call, "an enqueue that was acknowledged is not there"));
    case "rollback":
      return note.calls.filter(isThere).map((call) => fault("kept", call, "an enqueue that was rolled back is there"));
    case "reply": {
      const isEnqueue = calls.get(`${process} ${note.call}`)?.kind === "enqueue"; // its commit decides
      if (note.code === "ok" && note.rows > 0 && !isEnqueue && !isThere(note.call))
        return [fault("kept", note.call, "a write that was acknowledged is not there")];
      if (note.code === STALE && isThere(note.call))
        return [fault("fence", note.call, "a write that was refused is there")];
      return [];
    }
    default:
      return [];
  }
}

/** Every event belongs to a call that its process had noted before it made it. */
function checkCalls({ events, calls }: Known): Violation[] {
  return [...events]
    .filter(([key]) => !calls.has(key))
    .map(([, { lane, n, process, call }]) => ({
      property: "witness",
      lane,
      n,
      message: `call ${call} of ${process} is in the database and not among its notes`,
    }));
}

/** A token may be refused only when its lease was given up or the lane was given to somebody else. */
function checkRefusals({ events, notes }: History, calls: Known["calls"]): Violation[] {
  const ended = new Set<number>();
  const holders = new Map<string, number>();
  for (const event of events) {
    if (event.kind === "claim") {
      const before = holders.get(event.lane);
      if (before !== undefined) ended.add(before);
      holders.set(event.lane, event.token);
    } else if (event.kind === "complete" || event.kind === "retry" || event.kind === "hold") ended.add(event.token);
  }
  return notes.flatMap((note): Violation[] => {
    if (note.note !== "reply" || note.code !== STALE) return [];
    const call = calls.get(`${note.process} ${note.call}`);
    if (call?.token === undefined || ended.has(call.token)) return [];
    const message = `${call.kind} of ${note.process} was refused; its token ${call.token} was never given up nor taken over`;
    return [{ property: "fence", lane: call.lane ?? "", n: undefined, message }];
  });
}

/** What was completed was begun and ended by a handler under the same token, in order. */
function checkHandled({ notes }: History, lanes: ReadonlyMap<string, LaneState>): Violation[] {
  const begun = new Map<number, number>();
  const ended = new Set<string>();
  const found: Violation[] = [];
  for (const note of notes) {
    if (note.note === "end") ended.add(`${note.token} ${note.seq}`);
    if (note.note !== "begin") continue;
    const before = begun.get(note.token);
    if (before !== undefined && note.seq !== before + 1)
      found.push({
        property: "order",
        lane: note.lane,
        n: undefined,
        message: `the handler began message ${note.seq} behind message ${before} (token ${note.token})`,
      });
    begun.set(note.token, note.seq);
  }
  for (const { lane, completed } of lanes.values())
    for (const [seq, token] of completed)
      if (!ended.has(`${token} ${seq}`))
        found.push({
          property: "lost",
          lane,
          n: undefined,
          message: `message ${seq} was completed under token ${token} without having been handled`,
        });
  return found;
}
