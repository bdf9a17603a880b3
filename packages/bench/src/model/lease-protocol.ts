// The lease protocol as a system that explore.ts can go through: who acts, and what must hold in every state.
import { enqueuerSteps } from "./enqueuer.ts";
import type { Step, System } from "./explore.ts";
import type { Rules } from "./rules.ts";
import { workerSteps } from "./worker.ts";
import { type Actor, atRest, bits, holderOf, isFree, keyOf, type Lane, type Row, type World } from "./world.ts";

/** The queue's protocol in a world of these bounds, with these guards. */
export function leaseProtocol(rules: Rules): System<World> {
  return {
    initial: beginning(rules),
    key: keyOf,
    steps: (world) => [
      ...world.actors.flatMap(({ kind }, me) =>
        kind === "worker" ? workerSteps(world, me, rules) : enqueuerSteps(world, me, rules),
      ),
      ...clockSteps(world),
    ],
    broken: (world) => brokenLane(world) ?? twoOwners(world) ?? deadlock(world),
    isGoal,
  };
}

function beginning({ lanes, workers, messages }: Rules): World {
  const actor = (kind: Actor["kind"], left: number): Actor =>
    atRest({
      kind,
      left,
      stage: "rest",
      lane: 0,
      deed: undefined,
      snapshot: [],
      snapshotMessages: [],
      changes: [],
      leases: [],
    });
  const lane = (): Lane => ({ tail: 0, idle: 0, ready: undefined, messages: 0, finished: 0 });
  return {
    lanes: Array.from({ length: lanes }, lane),
    actors: [
      ...Array.from({ length: workers }, () => actor("worker", 0)),
      ...messages.map((left) => actor("enqueuer", left)),
    ],
  };
}

/** Time goes on: a lease or a backoff ends. */
function clockSteps(world: World): Step<World>[] {
  return world.lanes.flatMap((lane, index) => {
    if (lane.ready === undefined || lane.ready.at === "due") return [];
    const due: Lane = { ...lane, ready: { ...lane.ready, at: "due" } };
    const lanes = world.lanes.map((other) => (other === lane ? due : other));
    const what = lane.ready.at === "leased" ? `the lease of lane ${index} ends` : `lane ${index} has waited enough`;
    return [{ who: "clock", what, next: { lanes, actors: world.actors } }];
  });
}

/** What is committed of a lane fits together: work behind the cursor has a ready row, and nothing is missing. */
function brokenLane({ lanes }: World): string | undefined {
  for (const [index, { tail, idle, ready, messages, finished }] of lanes.entries()) {
    const cursor = ready?.done ?? idle;
    const where = `lane ${index}: cursor ${cursor}, tail ${tail}`;
    if (messages !== bits(cursor + 1, tail))
      return `nothing lost: the messages are not those behind the cursor, ${where}`;
    if (ready === undefined && messages !== 0)
      return `nothing lost: no ready row, so nobody will ever claim it, ${where}`;
    if (ready !== undefined && messages === 0) return `no claim of nothing: a ready row without messages, ${where}`;
    if (finished !== cursor) return `once and in order: completed up to ${finished}, ${where}`;
  }
  return undefined;
}

/** Two workers under the present token, or two transactions between their check and their commit. */
function twoOwners({ lanes, actors }: World): string | undefined {
  for (const [index, { ready }] of lanes.entries()) {
    const owners = actors.filter(
      ({ kind, stage, leases }) =>
        kind === "worker" &&
        !(stage === "commit" && leases.length === 0) &&
        leases.some(({ lane, token }) => lane === index && token === ready?.token),
    );
    const writers = actors.filter(({ changes }) => changes.some(({ lane, readyLock }) => lane === index && readyLock));
    if (owners.length > 1 || writers.length > 1) return `one owner at a time: two can write in lane ${index}`;
  }
  return undefined;
}

const WAITS: Partial<Record<Actor["stage"], Row>> = {
  "make ready": "ready",
  "push back": "ready",
  "lock lane": "lane",
  "lock ready": "ready",
  "go idle": "lane",
};

/** Transactions that wait for each other in a circle. */
function deadlock(world: World): string | undefined {
  const waitsFor = world.actors.map(({ stage, lane }, me) => {
    const row = WAITS[stage];
    return row === undefined || isFree(world, row, { lane, me }) ? -1 : holderOf(world, row, lane);
  });
  for (const start of waitsFor.keys()) {
    let at = waitsFor[start] ?? -1;
    for (let hops = 0; at >= 0 && hops < waitsFor.length; hops += 1) {
      if (at === start) return "no deadlock: transactions wait for each other";
      at = waitsFor[at] ?? -1;
    }
  }
  return undefined;
}

/** Everything was sent and completed, and whoever lives is at rest. */
function isGoal({ lanes, actors }: World): boolean {
  return (
    lanes.every(({ tail, finished, ready }) => finished === tail && ready === undefined) &&
    actors.every(
      ({ stage, left, leases }) => stage === "dead" || (stage === "rest" && left === 0 && leases.length === 0),
    )
  );
}
