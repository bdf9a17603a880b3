// The queue's tables as the model has them: committed rows, and what open transactions have locked and changed. A row that
// a transaction has locked shows its committed form to everybody else, as Postgres does it under READ COMMITTED.

/** A lane's row in queue_ready. Time is only as fine as the protocol sees it: due or not. */
export interface Ready {
  /** Which row it is: one that was deleted and made anew is another. The cursor at which it was made, never the same. */
  readonly born: number;
  /** `leased` and `later` become `due` whenever the clock likes. */
  readonly at: "due" | "leased" | "later";
  /** The cursor: messages up to here are done. */
  readonly done: number;
  /** The present lease; 0: nobody. Numbers that nobody remembers are used again, only equality counts. */
  readonly token: number;
}

/** What is committed of a lane. */
export interface Lane {
  readonly tail: number;
  readonly idle: number;
  readonly ready: Ready | undefined;
  /** The sequence numbers in message_queue, a bit each. */
  readonly messages: number;
  /** For the promises only: work was completed up to here. */
  readonly finished: number;
}

/** What an open transaction holds and has written in a lane. */
export interface Change {
  readonly lane: number;
  /** Whether it holds the lock of the row in queue_lane, and of the one in queue_ready. */
  readonly laneLock: boolean;
  readonly readyLock: boolean;
  readonly tail?: number;
  readonly idle?: number;
  /** null: deleted. */
  readonly ready?: Ready | null;
  readonly inserted?: number;
  readonly deleted?: number;
  /** For the promises only: these are completed, from and up to. */
  readonly finish?: readonly [number, number];
}

/** What a worker believes to own. */
export interface Lease {
  readonly lane: number;
  readonly token: number;
  readonly done: number;
  readonly upto: number;
}

/** What is done under a lease. A dead letter is `complete` here: the work leaves the queue and the cursor moves. */
export type Deed = "complete" | "complete the head" | "give back" | "extend";

/** Where an actor stands. Its next step is the one that `stage` names. */
export interface Actor {
  readonly kind: "worker" | "enqueuer";
  readonly stage:
    | "rest"
    | "dead"
    // an enqueuer
    | "make ready"
    | "look for ready"
    | "push back"
    // a claim
    | "lock due"
    | "read messages"
    // a write under a lease
    | "lock lane"
    | "look for lease"
    | "lock ready"
    | "decide idle"
    | "go idle"
    // everybody
    | "commit";
  /** Messages that an enqueuer still has to send. */
  readonly left: number;
  /** The lane that the transaction is about. */
  readonly lane: number;
  readonly deed: Deed | undefined;
  /** The ready rows (their `born`) that the present statement's snapshot showed, by lane; -1: none. */
  readonly snapshot: readonly number[];
  /** The messages that it showed, by lane. Only while they matter. */
  readonly snapshotMessages: readonly number[];
  readonly changes: readonly Change[];
  readonly leases: readonly Lease[];
}

/** Everything. */
export interface World {
  readonly lanes: readonly Lane[];
  readonly actors: readonly Actor[];
}

/** The row that a lock is on. */
export type Row = "lane" | "ready";

/** Who holds the lock of a row: the actor's index, -1 for nobody. */
export function holderOf(world: World, row: Row, lane: number): number {
  return world.actors.findIndex(({ changes }) =>
    changes.some((change) => change.lane === lane && (row === "lane" ? change.laneLock : change.readyLock)),
  );
}

/** Whether an actor can have the lock of a row now. */
export function isFree(world: World, row: Row, options: { readonly lane: number; readonly me: number }): boolean {
  const holder = holderOf(world, row, options.lane);
  return holder < 0 || holder === options.me;
}

/** A lane of the world. */
export function laneOf(world: World, index: number): Lane {
  const lane = world.lanes[index];
  if (lane === undefined) throw new Error(`There is no lane ${index}.`);
  return lane;
}

/** Sets what one actor is and does, everything else stays. */
export function withActor(world: World, me: number, actor: Actor): World {
  return { lanes: world.lanes, actors: world.actors.map((other, index) => (index === me ? actor : other)) };
}

/** Adds to what a transaction holds and has written in a lane. */
export function changed(actor: Actor, lane: number, more: Partial<Omit<Change, "lane">>): Actor {
  const before = actor.changes.find((change) => change.lane === lane) ?? { lane, laneLock: false, readyLock: false };
  const others = actor.changes.filter((change) => change.lane !== lane);
  return { ...actor, changes: [...others, { ...before, ...more }] };
}

/** The actor with nothing under way. Its leases stay. */
export function atRest(actor: Actor): Actor {
  return { ...actor, stage: "rest", lane: 0, deed: undefined, snapshot: [], snapshotMessages: [], changes: [] };
}

/** The bits of the sequence numbers from `first` to `last`. */
export function bits(first: number, last: number): number {
  return last < first ? 0 : ((1 << (last + 1)) - 1) & ~((1 << first) - 1);
}

/** What commits with a transaction, and the promise that this breaks. */
export function committed(world: World, me: number, actor: Actor): { readonly next: World; readonly broken?: string } {
  let broken: string | undefined;
  const lanes = world.lanes.map((lane, index) => {
    const change = world.actors[me]?.changes.find((one) => one.lane === index);
    if (change === undefined) return lane;
    if (change.finish !== undefined && change.finish[0] !== lane.finished + 1)
      broken = `once and in order: ${change.finish[0]} was completed when the lane was at ${lane.finished}`;
    return {
      tail: change.tail ?? lane.tail,
      idle: change.idle ?? lane.idle,
      ready: change.ready === undefined ? lane.ready : (change.ready ?? undefined),
      messages: (lane.messages | (change.inserted ?? 0)) & ~(change.deleted ?? 0),
      finished: change.finish?.[1] ?? lane.finished,
    };
  });
  const next = withActor({ lanes, actors: world.actors }, me, actor);
  return broken === undefined ? { next } : { next, broken };
}

const characters = new WeakMap<object, string>();
const known = new Map<string, string>();

/** A world's canonical form, a character for each lane and each actor. Who of several equal actors is who does not matter. */
export function keyOf({ lanes, actors }: World): string {
  let key = "";
  for (const lane of lanes) key += characterOf(lane, laneKey);
  return (
    key +
    actors
      .map((actor) => characterOf(actor, actorKey))
      .sort()
      .join("")
  );
}

/** Equal parts get the same character, for as long as the process lives. */
function characterOf<T extends object>(part: T, describe: (part: T) => string): string {
  let character = characters.get(part);
  if (character === undefined) {
    const description = describe(part);
    character = known.get(description);
    if (character === undefined) {
      if (known.size > 0xffff) throw new Error("The world has too many different parts: take smaller bounds.");
      character = String.fromCharCode(known.size);
      known.set(description, character);
    }
    characters.set(part, character);
  }
  return character;
}

function laneKey(lane: Lane): string {
  return `${lane.tail},${lane.idle},${readyKey(lane.ready)},${lane.messages},${lane.finished}`;
}

function readyKey(ready: Ready | null | undefined): string {
  if (ready === undefined) return "";
  return ready === null ? "x" : `${ready.born}${ready.at[0]}${ready.done}t${ready.token}`;
}

function actorKey(actor: Actor): string {
  const changes = actor.changes
    .map(
      (c) =>
        `${c.lane}${c.laneLock ? "L" : ""}${c.readyLock ? "R" : ""},${c.tail ?? ""},${c.idle ?? ""},${readyKey(c.ready)},${c.inserted ?? ""},${c.deleted ?? ""},${c.finish ?? ""}`,
    )
    .sort()
    .join(";");
  const leases = actor.leases.map((l) => `${l.lane}t${l.token}:${l.done}-${l.upto}`).sort();
  return `${actor.kind[0]}${actor.stage},${actor.left},${actor.lane},${actor.deed ?? ""},${actor.snapshot},${actor.snapshotMessages}[${changes}][${leases}]`;
}
