// A worker: claims, and what it does under the leases that it got. It may also crash, die or fall asleep at any point (who
// does no step sleeps), and then do everything that a stale owner does.
import { claimSteps } from "./claim.ts";
import type { Step } from "./explore.ts";
import type { Rules } from "./rules.ts";
import { type Actor, atRest, changed, type Deed, isFree, type Lease, type World, withActor } from "./world.ts";
import { writeSteps } from "./write.ts";

/** Every step that this worker could do now. */
export function workerSteps(world: World, me: number, rules: Rules): Step<World>[] {
  const actor = world.actors[me];
  if (actor === undefined || actor.stage === "dead") return [];
  const who = `worker ${me + 1}`;
  return [
    ...claimSteps(world, me, { actor, who, rules }),
    ...beginWrites(world, me, { actor, who, rules }),
    ...writeSteps(world, me, { actor, who, rules }),
    ...ends(world, me, { actor, who, rules }),
  ];
}

/** What a step needs to know of who does it. */
export interface Doer {
  readonly actor: Actor;
  readonly who: string;
  readonly rules: Rules;
}

/** A write waits for its first lock with nothing in its hands, which nobody can tell from not having begun: one step. */
function beginWrites(world: World, me: number, { actor, who, rules }: Doer): Step<World>[] {
  if (actor.stage !== "rest") return [];
  const { tailUnderLock, laneLockedFirst } = rules.guards;
  const laneLock = tailUnderLock && laneLockedFirst;
  return actor.leases.flatMap((lease) => {
    const { lane, token } = lease;
    if (laneLock && !isFree(world, "lane", { lane, me })) return [];
    return deedsUnder(lease).map((deed) => {
      const next = changed({ ...actor, deed, lane, stage: "look for lease" }, lane, { laneLock });
      const what = `begins to ${deed} under token ${token}${laneLock ? `: locks lane ${lane}` : ""}`;
      return { who, what, next: withActor(world, me, next) };
    });
  });
}

function deedsUnder({ done, upto }: Lease): Deed[] {
  return ["complete", ...(upto > done + 1 ? ["complete the head" as const] : []), "give back", "extend"];
}

/** A crash: the transaction is rolled back and the leases are forgotten. */
function ends(world: World, me: number, { actor, who, rules }: Doer): Step<World>[] {
  const crashed: Actor = { ...atRest(actor), leases: [] };
  const steps: Step<World>[] = [];
  if (actor.stage !== "rest" || actor.leases.length > 0)
    steps.push({ who, what: "crashes and starts again", next: withActor(world, me, crashed) });
  if (world.actors.filter(({ stage }) => stage === "dead").length < rules.deaths)
    steps.push({ who, what: "dies", next: withActor(world, me, { ...crashed, stage: "dead" }) });
  return steps;
}
