// A write under a lease, step by step as app.assert_lease, app.complete_queue_messages, app.schedule_message_retry,
// app.hold_lane, app.extend_lease and app.release_lane run: lane, ready row with its token, the change, commit.
import type { Step } from "./explore.ts";
import type { Doer } from "./worker.ts";
import {
  type Actor,
  atRest,
  bits,
  type Change,
  changed,
  committed,
  isFree,
  type Lease,
  laneOf,
  type Ready,
  type World,
  withActor,
} from "./world.ts";

/** The steps of a write that are possible now. */
export function writeSteps(world: World, me: number, doer: Doer): Step<World>[] {
  const { actor } = doer;
  const lease = actor.leases.find(({ lane }) => lane === actor.lane);
  if (actor.deed === undefined || lease === undefined) return [];
  const by = { ...doer, lease };
  switch (actor.stage) {
    case "lock lane":
      return lockLane(world, me, by);
    case "look for lease":
      return lookForLease(world, me, by);
    case "lock ready":
      return lockReady(world, me, by);
    case "decide idle":
      return decideIdle(world, me, by);
    case "go idle":
      return goIdle(world, me, by);
    case "commit":
      return commit(world, me, by);
    default:
      return [];
  }
}

interface Writer extends Doer {
  readonly lease: Lease;
}

/** `select from queue_lane ... for update`, where it comes after the ready row. */
function lockLane(world: World, me: number, { actor, who, lease }: Writer): Step<World>[] {
  const { lane } = lease;
  if (!isFree(world, "lane", { lane, me })) return [];
  const next = applied(changed(actor, lane, { laneLock: true }), { world, lease });
  return [{ who, what: `locks lane ${lane}`, next: withActor(world, me, next) }];
}

/** The snapshot of `select * from queue_ready where ... token = p_token for update`. */
function lookForLease(world: World, me: number, by: Writer): Step<World>[] {
  const { actor, who, rules, lease } = by;
  const { ready } = laneOf(world, lease.lane);
  const sees = ready !== undefined && (ready.token === lease.token || !rules.guards.tokenChecked);
  if (!sees) return [refuse(world, me, by)];
  const next: Actor = { ...actor, stage: "lock ready", snapshot: [ready.born] };
  return [{ who, what: `sees the ready row of lane ${lease.lane}`, next: withActor(world, me, next) }];
}

/** Its lock, when nobody else has it, and the row read again under it. */
function lockReady(world: World, me: number, by: Writer): Step<World>[] {
  const { actor, who, rules, lease } = by;
  const { lane, token } = lease;
  if (!isFree(world, "ready", { lane, me })) return [];
  const { ready } = laneOf(world, lane);
  const holds = ready?.born === actor.snapshot[0] && (ready.token === token || !rules.guards.tokenChecked);
  if (!holds) return [refuse(world, me, by)];
  const broken = ready.token === token ? undefined : `no stale token: ${token} was accepted under ${ready.token}`;
  const locked = changed({ ...actor, snapshot: [] }, lane, { readyLock: true });
  const next = !rules.guards.tailUnderLock
    ? { ...locked, stage: "decide idle" as const }
    : !rules.guards.laneLockedFirst
      ? { ...locked, stage: "lock lane" as const }
      : applied(locked, { world, lease });
  const what = `locks the ready row of lane ${lane}, token ${token} is good`;
  return [{ who, what, next: withActor(world, me, next), broken }];
}

/** SB001: the transaction writes nothing and the worker drops the work. */
function refuse(world: World, me: number, { actor, who, lease }: Writer): Step<World> {
  const leases = actor.leases.filter((one) => one !== lease);
  const what = `is told that token ${lease.token} of lane ${lease.lane} is stale`;
  return { who, what, next: withActor(world, me, { ...atRest(actor), leases }) };
}

/** The change, which nobody sees before the commit: both rows are locked. */
function applied(actor: Actor, on: { readonly world: World; readonly lease: Lease }): Actor {
  const { lease } = on;
  const { tail, ready } = laneOf(on.world, lease.lane);
  if (ready === undefined) throw new Error("unreachable: the ready row is locked");
  const writing: Actor = { ...actor, stage: "commit", snapshot: [] };
  const keep = kept(actor, { lease, ready });
  if (keep !== undefined) return changed(writing, lease.lane, { ready: keep });
  const upto = endOf(actor, lease);
  const idle: Partial<Change> = upto === tail ? { idle: tail, ready: null } : { ready: behind(ready, upto) };
  return changed(writing, lease.lane, { ...removal(ready.done, upto), ...idle });
}

/** Without the lane's lock: a snapshot tells whether there is more. */
function decideIdle(world: World, me: number, { actor, who, lease }: Writer): Step<World>[] {
  const { ready, messages } = laneOf(world, lease.lane);
  if (ready === undefined) throw new Error("unreachable: the ready row is locked");
  const keep = kept(actor, { lease, ready });
  const upto = endOf(actor, lease);
  const isMore = (messages & ~bits(0, upto)) !== 0;
  const gone = changed(actor, lease.lane, keep ? {} : removal(ready.done, upto));
  const next =
    keep || isMore
      ? { ...changed(gone, lease.lane, { ready: keep ?? behind(ready, upto) }), stage: "commit" as const }
      : { ...gone, stage: "go idle" as const };
  const what = keep ? "changes the ready row" : `sees ${isMore ? "more" : "nothing more"} behind message ${upto}`;
  return [{ who, what, next: withActor(world, me, next) }];
}

function goIdle(world: World, me: number, { actor, who, lease }: Writer): Step<World>[] {
  const { lane } = lease;
  if (!isFree(world, "lane", { lane, me })) return [];
  const gone = changed(actor, lane, { laneLock: true, idle: endOf(actor, lease), ready: null });
  const what = `notes lane ${lane} as idle and deletes its ready row`;
  return [{ who, what, next: withActor(world, me, { ...gone, stage: "commit" }) }];
}

function commit(world: World, me: number, { actor, who, lease }: Writer): Step<World>[] {
  const leases = actor.deed === "extend" ? actor.leases : actor.leases.filter((one) => one !== lease);
  const { next, broken } = committed(world, me, { ...atRest(actor), leases });
  return [{ who, what: `commits: ${actor.deed}`, next, broken }];
}

function endOf({ deed }: Actor, { done, upto }: Lease): number {
  return deed === "complete the head" ? done + 1 : upto;
}

/** The ready row after a deed that completes nothing. */
function kept({ deed }: Actor, on: { readonly lease: Lease; readonly ready: Ready }): Ready | undefined {
  if (deed === "extend") return { ...on.ready, at: "leased" };
  return deed === "give back" ? { ...on.ready, at: "later", token: 0 } : undefined;
}

function behind(ready: Ready, upto: number): Ready {
  return { ...ready, at: "due", done: upto, token: 0 };
}

function removal(done: number, upto: number): Partial<Change> {
  return { deleted: bits(done + 1, upto), finish: [done + 1, upto] };
}
