// What the platform's functions for the window on the queue answer (supabase/schemas/90_health), checked when it
// comes in. The page uses the types.
import { z } from "zod";

const time = z.string();
const pause = z.object({ reason: z.string(), paused_at: time });
const place = { queue: z.string(), tenant_id: z.string().nullable(), tenant: z.string().nullish() };
const tally = {
  due: z.number(),
  resting: z.number(),
  backing_off: z.number(),
  leased: z.number(),
  expired: z.number(),
  parked: z.number(),
  /** Messages that are not done. */
  waiting: z.number(),
  /** Counts that stopped at the cap: due, later (resting, backing_off), leased (leased, expired), parked, waiting. */
  more: z.array(z.string()),
  oldest_at: time.nullable(),
  due_since: time.nullable(),
  next_at: time.nullable(),
};
const tenant = z.object({
  ...tally,
  tenant_id: z.string(),
  tenant: z.string(),
  weight: z.number(),
  limit: z.number().nullable(),
  pause: pause.nullable(),
});
const queue = z.object({
  ...tally,
  queue: z.string(),
  pause: pause.nullable(),
  limit: z.number().nullable(),
  dead: z.number(),
  scheduled: z.object({ work: z.number(), next_at: time.nullable() }),
  tenants: z.array(tenant),
  tenants_more: z.boolean(),
});
const worker = z.object({ id: z.string(), kind: z.string(), started_at: time, heartbeat_at: time, alive: z.boolean() });
const pauseRow = z.object({ ...place, lane_id: z.string().nullable(), ...pause.shape });

/** Answer of queue_overview. */
export const overviewSchema = z.object({
  now: time,
  shard: z.number(),
  shards: z.array(z.number()),
  cap: z.number(),
  dead: z.number(),
  queues: z.array(queue),
  pauses: z.array(pauseRow),
  workers: z.array(worker),
});

/** The states of a lane; `idle` has no work. */
export const laneStates = ["due", "resting", "backing_off", "leased", "expired", "parked"] as const;
const state = z.enum([...laneStates, "idle"]);
const lane = z.object({
  ...place,
  lane_id: z.string(),
  state,
  priority: z.number(),
  tries: z.number(),
  lost: z.number(),
  leased_by: z.string().nullable(),
  at: time,
  oldest_at: time,
  depth: z.number(),
  kind: z.string().nullable(),
  correlation_id: z.string().nullable(),
});

/** Answer of list_lanes. */
export const lanesSchema = z.object({
  now: time,
  lanes: z.array(lane),
  next: z.object({ from: time.nullable(), skip: z.number() }).nullable(),
});

/** Answer of get_lane. */
export const laneSchema = z
  .object({
    ...place,
    lane_id: z.string(),
    conversation_id: z.string().nullable(),
    state,
    priority: z.number().nullable(),
    tries: z.number().nullable(),
    lost: z.number().nullable(),
    leased_by: z.string().nullable(),
    token: z.number().nullable(),
    at: time.nullable(),
    oldest_at: time.nullable(),
    done: z.number(),
    depth: z.number(),
    pauses: z.array(pauseRow),
    messages: z.array(
      z.object({
        seq: z.number(),
        kind: z.string(),
        correlation_id: z.string(),
        enqueued_at: time,
        in_hand: z.boolean(),
      }),
    ),
    last_error: z.object({ code: z.string().nullable(), message: z.string().nullable() }).nullable(),
    latest_message_id: z.string().nullable(),
  })
  .nullable();

const letter = z.object({
  ...place,
  id: z.string(),
  lane_id: z.string(),
  seq: z.number(),
  kind: z.string(),
  correlation_id: z.string(),
  tries: z.number(),
  error: z.unknown(),
  enqueued_at: time,
  dead_at: time,
});

/** Answer of list_dead_letters. */
export const lettersSchema = z.array(letter);
/** Answer of get_dead_letter. */
export const lettersWithPayloadSchema = z.array(letter.extend({ payload: z.unknown() }));

export type Overview = z.infer<typeof overviewSchema>;
export type QueueView = Overview["queues"][number];
export type TenantView = QueueView["tenants"][number];
export type Tally = Pick<QueueView, keyof typeof tally>;
export type PauseView = Overview["pauses"][number];
export type WorkerView = Overview["workers"][number];
export type LaneState = z.infer<typeof state>;
export type LaneView = z.infer<typeof lane>;
export type LanesPage = z.infer<typeof lanesSchema>;
export type Letter = z.infer<typeof letter>;
/** A lane in detail; `customer`: whose phone on the simulator it is the conversation of. */
export type LaneDetail = Omit<NonNullable<z.infer<typeof laneSchema>>, "latest_message_id"> & {
  readonly customer: string | null;
};
/** Everything that the page shows at one moment. */
export type QueueSnapshot = {
  readonly overview: Overview;
  readonly lanes: LanesPage;
  readonly letters: readonly Letter[];
  /** Whether there are letters behind these. */
  readonly letters_more: boolean;
  /** The lane of the drawer; null: it is not there any more. */
  readonly lane?: LaneDetail | null;
};
