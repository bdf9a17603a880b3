// An enqueuer, step by step as app.enqueue_message runs: the lane's row, the message, the ready row, commit.
import type { Step } from "./explore.ts";
import type { Rules } from "./rules.ts";
import { type Actor, atRest, bits, changed, committed, isFree, laneOf, type World, withActor } from "./world.ts";

/** Every step that this enqueuer could do now. */
export function enqueuerSteps(world: World, me: number, rules: Rules): Step<World>[] {
  const actor = world.actors[me];
  if (actor === undefined) return [];
  const who = `enqueuer ${me - rules.workers + 1}`;
  if (actor.stage === "rest") {
    if (actor.left === 0) return [];
    return world.lanes.flatMap((_, lane) => begin(world, me, { actor, lane, who, rules }));
  }
  const rollBack = { who, what: "rolls back", next: withActor(world, me, atRest(actor)) };
  return [...forward(world, me, { actor, who }), rollBack];
}

/** `insert into queue_lane ... on conflict do update set tail = tail + 1 returning`, and the message, seen by nobody yet. */
function begin(
  world: World,
  me: number,
  by: { readonly actor: Actor; readonly lane: number; readonly who: string; readonly rules: Rules },
): Step<World>[] {
  const { actor, lane, who, rules } = by;
  if (!isFree(world, "lane", { lane, me })) return [];
  const { tail, idle } = laneOf(world, lane);
  const seq = tail + 1;
  const stage = idle === tail ? "make ready" : rules.pushesBack ? "look for ready" : "commit";
  const next = changed({ ...actor, stage, lane }, lane, { laneLock: true, tail: seq, inserted: bits(seq, seq) });
  const why = stage === "make ready" ? "it was idle" : "it was not idle";
  return [{ who, what: `locks lane ${lane}, adds message ${seq}; ${why}`, next: withActor(world, me, next) }];
}

function forward(world: World, me: number, by: { readonly actor: Actor; readonly who: string }): Step<World>[] {
  const { actor, who } = by;
  const { lane } = actor;
  const { ready, idle } = laneOf(world, lane);
  if (actor.stage === "commit") {
    const { next, broken } = committed(world, me, { ...atRest(actor), left: actor.left - 1 });
    return [{ who, what: "commits", next, broken }];
  }
  if (actor.stage === "look for ready") {
    const snapshot = [ready?.born ?? -1];
    const next: Actor = { ...actor, stage: snapshot[0] === -1 ? "commit" : "push back", snapshot };
    return [{ who, what: `looks for the ready row of lane ${lane}`, next: withActor(world, me, next) }];
  }
  if (!isFree(world, "ready", { lane, me })) return []; // waits for whoever holds it
  if (actor.stage === "make ready") {
    const made = { born: idle, at: "due", done: idle, token: 0 } as const;
    const next = changed({ ...actor, stage: "commit" }, lane, { readyLock: true, ready: made });
    const broken = ready === undefined ? undefined : "an idle lane has no ready row";
    return [{ who, what: `makes the ready row of lane ${lane}`, next: withActor(world, me, next), broken }];
  }
  // The row is read again under its lock: what the snapshot showed may be gone. A leased one keeps its time.
  const passed: Actor = { ...actor, stage: "commit", snapshot: [] };
  if (ready === undefined || ready.born !== actor.snapshot[0])
    return [{ who, what: "finds the ready row gone", next: withActor(world, me, passed) }];
  const after = ready.token === 0 ? { ready: { ...ready, at: "later" as const } } : {};
  const next = changed(passed, lane, { readyLock: true, ...after });
  return [{ who, what: `changes the ready row of lane ${lane}`, next: withActor(world, me, next) }];
}
