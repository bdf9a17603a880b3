// A claim, step by step as app.get_next_queue_message runs: a snapshot shows what is due, each row is locked unless
// somebody has it and looked at again, the messages are read by a second statement, commit.
import type { Step } from "./explore.ts";
import type { Doer } from "./worker.ts";
import {
  type Actor,
  atRest,
  bits,
  changed,
  committed,
  holderOf,
  type Lane,
  type Lease,
  laneOf,
  type Ready,
  type World,
  withActor,
} from "./world.ts";

/** The steps of a claim that are possible now. A worker claims when it has no lease. */
export function claimSteps(world: World, me: number, doer: Doer): Step<World>[] {
  const { actor } = doer;
  if (actor.stage === "rest" && actor.leases.length === 0) return look(world, me, doer);
  if (actor.stage === "lock due") return lock(world, me, doer);
  if (actor.stage === "read messages") return read(world, me, doer);
  if (actor.stage === "commit" && actor.deed === undefined) return commit(world, me, doer);
  return [];
}

function look(world: World, me: number, { actor, who, rules }: Doer): Step<World>[] {
  const isDue = (ready: Ready | undefined) =>
    ready?.at === "due" && (rules.guards.endedLeaseIsDue || ready.token === 0);
  const snapshot = world.lanes.map(({ ready }) => (isDue(ready) ? (ready?.born ?? -1) : -1));
  const first = snapshot.findIndex((born) => born >= 0);
  if (first < 0) return [];
  const snapshotMessages = rules.guards.readAfterLock ? [] : world.lanes.map(({ messages }) => messages);
  const next: Actor = { ...actor, stage: "lock due", lane: first, snapshot, snapshotMessages };
  return [{ who, what: "begins to claim: sees what is due", next: withActor(world, me, next) }];
}

/** `for update skip locked`, one row: passed over when somebody holds it, else locked, and read again. */
function lock(world: World, me: number, { actor, who, rules }: Doer): Step<World>[] {
  const { lane } = actor;
  const { ready } = laneOf(world, lane);
  let after = actor;
  let what = `passes over lane ${lane}, which somebody has locked`;
  let broken: string | undefined;
  if (holderOf(world, "ready", lane) < 0) {
    const isThere = ready !== undefined && ready.born === actor.snapshot[lane];
    const isDue = ready?.at === "due" && (rules.guards.endedLeaseIsDue || ready.token === 0);
    if (isThere && (isDue || !rules.guards.dueRechecked)) {
      const token = unusedToken(world, lane);
      after = changed(actor, lane, { readyLock: true, ready: { ...ready, at: "leased", token } });
      what = `locks the ready row of lane ${lane}: token ${token}, cursor ${ready.done}`;
      if (ready.at !== "due") broken = "one owner at a time: a lease was taken over before it ended";
    } else what = `finds lane ${lane} no longer due`;
  }
  return [{ who, what, next: withActor(world, me, goOn(after, rules.claimed)), broken }];
}

/** To the next lane that the snapshot showed, until there are enough. */
function goOn(actor: Actor, most: number): Actor {
  const next = actor.snapshot.findIndex((born, index) => born >= 0 && index > actor.lane);
  if (next >= 0 && actor.changes.length < most) return { ...actor, lane: next };
  if (actor.changes.length === 0) return atRest(actor);
  return { ...actor, stage: "read messages", lane: 0, snapshot: [] };
}

function read(world: World, me: number, { actor, who, rules }: Doer): Step<World>[] {
  let broken: string | undefined;
  const leases = actor.changes.flatMap(({ lane, ready }): Lease[] => {
    if (!ready) return [];
    const { done, token } = ready;
    const seen = (actor.snapshotMessages[lane] ?? laneOf(world, lane).messages) & ~bits(0, done);
    let upto = done;
    while (upto - done < rules.burst && (seen & bits(upto + 1, upto + 1)) !== 0) upto += 1;
    if (upto === done) broken = `a claim brings the head: message ${done + 1} of lane ${lane} was not read`;
    return [{ lane, token, done, upto }];
  });
  const next: Actor = { ...actor, stage: "commit", leases, snapshotMessages: [] };
  const what = `reads messages ${leases.map((l) => `${l.done + 1} to ${l.upto} of lane ${l.lane}`).join(", ")}`;
  return [{ who, what, next: withActor(world, me, next), broken }];
}

function commit(world: World, me: number, { actor, who }: Doer): Step<World>[] {
  const { next, broken } = committed(world, me, { ...atRest(actor), leases: actor.leases });
  return [{ who, what: "commits the claim", next, broken }];
}

/** The least number by which nobody knows a lease of this lane. Postgres takes a new one of a sequence. */
function unusedToken(world: World, lane: number): number {
  const known = new Set([
    tokenOf(laneOf(world, lane)),
    ...world.actors.flatMap((actor) => [
      ...actor.leases.filter((lease) => lease.lane === lane).map(({ token }) => token),
      ...actor.changes.filter((change) => change.lane === lane).map(({ ready }) => ready?.token ?? 0),
    ]),
  ]);
  let token = 1;
  while (known.has(token)) token += 1;
  return token;
}

function tokenOf({ ready }: Lane): number {
  return ready?.token ?? 0;
}
