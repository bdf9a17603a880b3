// What the model of the queue is asked: how large a world, and with which of the protocol's guards in place.

/** The guards of the protocol. Each can be taken away, to see that the checker notices. */
export interface Guards {
  /** A write locks the lane and decides by its tail whether there is more; else by NOT EXISTS over the messages. */
  readonly tailUnderLock: boolean;
  /** A write is accepted only under the token that the ready row bears. */
  readonly tokenChecked: boolean;
  /** Writes lock the lane before its ready row, as enqueue does; else the other way round. */
  readonly laneLockedFirst: boolean;
  /** A claim looks again, under the lock, whether the row is still due. */
  readonly dueRechecked: boolean;
  /** A claim reads the messages by a statement of its own, after the locks; else with the snapshot from before. */
  readonly readAfterLock: boolean;
  /** A lease that ended leaves its lane claimable; else only lanes that were given back are. */
  readonly endedLeaseIsDue: boolean;
}

/** The protocol as it is. */
export const ALL_GUARDS: Guards = {
  tailUnderLock: true,
  tokenChecked: true,
  laneLockedFirst: true,
  dueRechecked: true,
  readAfterLock: true,
  endedLeaseIsDue: true,
};

/** How large a world. Crashes, rollbacks, expiries, retries and stale owners come as often as they like. */
export interface Bounds {
  readonly lanes: number;
  readonly workers: number;
  /** The messages that each enqueuer sends, one transaction each, into any of the lanes. */
  readonly messages: readonly number[];
  /** Most messages of a claim in a lane. */
  readonly burst: number;
  /** Most lanes of a claim. */
  readonly claimed: number;
  /** Workers that may die for ever; the others crash and start again. */
  readonly deaths: number;
  /** Whether an enqueue also moves the ready row of a lane that waits (quiet time, priority). */
  readonly pushesBack: boolean;
}

/** A world of these bounds under these guards. */
export interface Rules extends Bounds {
  readonly guards: Guards;
}
