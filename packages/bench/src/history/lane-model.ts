// What a lane may do: the events of one lane are replayed against this model, and the first that it does not allow is a
// violation. What comes after that in the same lane says nothing any more.
import type { ClaimEvent, LaneEvent, Property, RetryEvent, Rules, Violation } from "./history.ts";

interface Lease {
  readonly token: number;
  readonly seqs: readonly number[];
  untilUs: number;
}

/** A lane as the model knows it. */
export interface LaneState {
  readonly lane: string;
  /** The last number given out. */
  tail: number;
  /** Everything up to here is completed or dead. */
  cursor: number;
  /** Claims of the head so far, without those that were given back untouched. */
  tries: number;
  /** Nobody may claim it before. */
  notBeforeUs: number;
  lastToken: number;
  lease: Lease | undefined;
  /** How many leases ran out and were taken over. */
  takenOver: number;
  readonly ids: Map<number, number>;
  readonly completed: Map<number, number>;
  /** Dead messages by number, with the tries that they had. */
  readonly dead: Map<number, number>;
}

/** Thrown by a step that the model does not allow. */
class Broken extends Error {
  readonly property: Property;
  constructor(property: Property, message: string) {
    super(message);
    this.property = property;
  }
}

/**
 * Replays the events of one lane.
 * @param events - in their order
 * @returns the lane at the end, and the first violation
 */
export function replayLane(
  lane: string,
  events: readonly LaneEvent[],
  rules: Rules,
): { readonly state: LaneState; readonly violation: Violation | undefined } {
  const state = newLane(lane);
  for (const event of events) {
    try {
      step(state, event, rules);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      return { state, violation: { property: error.property, lane, n: event.n, message: error.message } };
    }
  }
  return { state, violation: undefined };
}

function newLane(lane: string): LaneState {
  return {
    lane,
    tail: 0,
    cursor: 0,
    tries: 0,
    notBeforeUs: 0,
    lastToken: 0,
    lease: undefined,
    takenOver: 0,
    ids: new Map(),
    completed: new Map(),
    dead: new Map(),
  };
}

function step(state: LaneState, event: LaneEvent, rules: Rules): void {
  if (event.kind === "enqueue") {
    expect(event.seq === state.tail + 1, "order", `message ${event.seq} was enqueued behind message ${state.tail}`);
    state.tail = event.seq;
    state.ids.set(event.seq, event.id);
    return;
  }
  if (event.kind === "claim") {
    claim(state, event, rules);
    return;
  }

  const { lease } = state;
  if (lease === undefined || lease.token !== event.token) {
    const holder = lease === undefined ? "nobody holds the lane" : `the lane is leased under token ${lease.token}`;
    throw new Broken("fence", `${event.kind} was accepted with token ${event.token}; ${holder}`);
  }
  if (event.kind === "extend") {
    lease.untilUs = event.beganUs + event.leaseUs;
    return;
  }
  state.lease = undefined;
  if (event.kind === "hold") {
    state.tries -= 1;
    state.notBeforeUs = event.untilUs;
    return;
  }
  const last = lease.seqs.at(-1) ?? 0;
  expect(event.upto > state.cursor, "twice", `message ${event.upto} is done again; the lane stands at ${state.cursor}`);
  expect(
    event.upto <= last,
    "lost",
    `message ${event.upto} is done and was never handed out; the claim went to ${last}`,
  );
  if (event.kind === "retry") {
    fail(state, event);
    return;
  }
  for (let seq = state.cursor + 1; seq <= event.upto; seq += 1) state.completed.set(seq, event.token);
  moveOn(state, event.upto);
}

function claim(state: LaneState, event: ClaimEvent, rules: Rules): void {
  const { lease } = state;
  if (lease !== undefined) {
    const early = lease.untilUs - event.atUs;
    expect(
      early <= 0,
      "lease",
      `claimed under token ${event.token}, ${early / 1000} ms before the lease ${lease.token} ends`,
    );
    state.takenOver += 1;
  }
  expect(event.token > state.lastToken, "fence", `token ${event.token} follows on token ${state.lastToken}`);
  const [first = 0] = event.seqs;
  expect(first > state.cursor, "twice", `message ${first} was handed out again; the lane stands at ${state.cursor}`);
  expect(first === state.cursor + 1, "order", `message ${first} was handed out; the lane stands at ${state.cursor}`);
  for (const [index, seq] of event.seqs.entries()) {
    expect(seq === first + index, "order", `messages ${event.seqs.join(", ")} were handed out together`);
    expect(seq <= state.tail, "order", `message ${seq} was handed out before it was enqueued`);
    expect(
      event.ids[index] === state.ids.get(seq),
      "order",
      `message ${seq} was handed out with another one's payload`,
    );
  }
  expect(event.seqs.length <= rules.perLane, "order", `${event.seqs.length} messages were handed out together`);
  expect(
    event.tries === state.tries + 1,
    "limit",
    `try ${event.tries} of message ${first} follows on ${state.tries} tries`,
  );
  const waitMs = (state.notBeforeUs - event.atUs) / 1000;
  expect(waitMs <= 0, "limit", `message ${first} was tried again ${waitMs} ms before its time`);
  // It has waited long enough. When the lease runs out, the next claim may be earlier by a clock that was set back.
  state.notBeforeUs = 0;
  state.tries = event.tries;
  state.lastToken = event.token;
  state.lease = { token: event.token, seqs: event.seqs, untilUs: event.beganUs + event.leaseUs };
}

function fail(state: LaneState, event: RetryEvent): void {
  const isLast = state.tries >= event.maxTries;
  const said = `try ${state.tries} of ${event.maxTries} of message ${state.cursor + 1} ended as ${event.outcome}`;
  expect((event.outcome === "dead") === isLast, "limit", said);
  if (event.outcome === "dead") {
    for (let seq = state.cursor + 1; seq <= event.upto; seq += 1) state.dead.set(seq, state.tries);
    moveOn(state, event.upto);
    return;
  }
  state.notBeforeUs = event.beganUs + (event.afterUs ?? 0);
}

function moveOn(state: LaneState, upto: number): void {
  state.cursor = upto;
  state.tries = 0;
  state.notBeforeUs = 0;
}

function expect(holds: boolean, property: Property, message: string): void {
  if (!holds) throw new Broken(property, message);
}
