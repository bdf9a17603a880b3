// The checker: a pure function over a history. Each lane is replayed against the model; then what is left at the end and
// what the processes noted are held against it.
import { checkNotes } from "./check-notes.ts";
import type { EndState, History, LaneEvent, Property, Rules, Violation } from "./history.ts";
import { type LaneState, replayLane } from "./lane-model.ts";

/** What became of everything. */
export interface Verdict {
  readonly violations: readonly Violation[];
  readonly completed: number;
  readonly dead: number;
  /** Leases that ran out and were taken over. */
  readonly takenOver: number;
}

/**
 * Checks a history.
 * @param history - of a run that was given the time to finish its work
 * @returns at most one violation a lane out of its events, and all others; none: every property held
 */
export function checkHistory(history: History): Verdict {
  const violations: Violation[] = [];
  const lanes = new Map<string, LaneState>();
  for (const [lane, events] of Map.groupBy(history.events, (event: LaneEvent) => event.lane)) {
    const { state, violation } = replayLane(lane, events, history.rules);
    if (violation === undefined) lanes.set(lane, state);
    else violations.push(violation);
  }
  const broken = new Set(violations.map(({ lane }) => lane));
  violations.push(...checkEnd(lanes, broken, history));
  violations.push(...checkNotes(history, lanes));
  const states = [...lanes.values()];
  const total = (count: (state: LaneState) => number) => states.reduce((sum, state) => sum + count(state), 0);
  return {
    violations,
    completed: total(({ completed }) => completed.size),
    dead: total(({ dead }) => dead.size),
    takenOver: total(({ takenOver }) => takenOver),
  };
}

function checkEnd(
  lanes: ReadonlyMap<string, LaneState>,
  broken: ReadonlySet<string>,
  { end, rules }: History,
): Violation[] {
  const waiting = new Set(end.waiting.map(({ lane, seq }) => `${lane} ${seq}`));
  const tails = new Map(end.tails.map(({ lane, tail }) => [lane, tail]));
  const found: Violation[] = [];
  for (const state of lanes.values()) {
    const { lane, cursor, tail } = state;
    const add = (property: Property, message: string) => found.push({ property, lane, n: undefined, message });
    if (cursor < tail) {
      const isThere = waiting.has(`${lane} ${cursor + 1}`);
      const what = `messages ${cursor + 1} to ${tail} are neither completed nor dead (${isThere ? "still in the queue" : "gone from the queue"})`;
      if (state.dead.has(cursor)) add("blocked", `${what}, behind the dead message ${cursor}`);
      else add("lost", what);
    } else if (tails.get(lane) !== tail)
      add("lost", `the queue counts ${tails.get(lane)} messages, ${tail} were enqueued`);
    found.push(...checkFates(state, rules));
  }
  return [...found, ...checkDeadLetters(lanes, broken, { end, rules })];
}

/** Whether what was to die died, and nothing else. */
function checkFates(state: LaneState, rules: Rules): Violation[] {
  const found: Violation[] = [];
  const add = (message: string) => found.push({ property: "limit", lane: state.lane, n: undefined, message });
  for (const [seq, id] of state.ids) {
    if (state.completed.has(seq) && rules.expected(id) === "dead")
      add(`message ${seq} (id ${id}) always fails and was completed`);
    const tries = state.dead.get(seq);
    if (tries === undefined) continue;
    if (rules.expected(id) === "completed") add(`message ${seq} (id ${id}) was to succeed and is dead`);
    if (tries < rules.maxTries) add(`message ${seq} (id ${id}) died after ${tries} of ${rules.maxTries} tries`);
  }
  return found;
}

/** Whether the dead letters are exactly the messages that died, each with its reason. */
function checkDeadLetters(
  lanes: ReadonlyMap<string, LaneState>,
  broken: ReadonlySet<string>,
  { end, rules }: { readonly end: EndState; readonly rules: Rules },
): Violation[] {
  const found: Violation[] = [];
  const seen = new Set<string>();
  for (const letter of end.dead) {
    const { lane, seq, id, tries, reason } = letter;
    const add = (message: string) => found.push({ property: "limit", lane, n: undefined, message });
    if (broken.has(lane)) continue;
    if (seen.has(`${lane} ${seq}`)) add(`message ${seq} has two dead letters`);
    seen.add(`${lane} ${seq}`);
    const state = lanes.get(lane);
    const known = state?.dead.get(seq);
    if (known === undefined) add(`message ${seq} has a dead letter and never died`);
    else if (known !== tries) add(`the dead letter of message ${seq} says ${tries} tries; there were ${known}`);
    if (state?.ids.get(seq) !== id) add(`the dead letter of message ${seq} holds another message (id ${id})`);
    if (reason !== rules.reason(id)) add(`the dead letter of message ${seq} gives as its reason: ${reason}`);
  }
  for (const { lane, dead } of lanes.values())
    for (const seq of dead.keys())
      if (!seen.has(`${lane} ${seq}`))
        found.push({ property: "limit", lane, n: undefined, message: `message ${seq} died and has no dead letter` });
  return found;
}
