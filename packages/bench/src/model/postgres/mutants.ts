// The engine's functions without one of their guards, for the proof that the schedules notice.
import type { Mutant } from "./scratch.ts";

const LANE_LOCK = /perform from app\.queue_lane[^;]*for update;/;

/** Whether the lane runs empty is decided by what a snapshot shows of its messages, without the lane's lock. */
export const LOST_WAKE_UP: readonly Mutant[] = [
  { function: "assert_lease", guard: LANE_LOCK, instead: "" },
  {
    function: "release_lane",
    guard: /\bbegin\b/,
    instead: `begin
  if not exists (select from app.message_queue q
                  where q.shard = p_ready.shard and q.queue = p_ready.queue and q.lane_id = p_ready.lane_id and q.seq > p_upto) then
    update app.queue_lane l set idle_at = p_upto
     where l.shard = p_ready.shard and l.queue = p_ready.queue and l.lane_id = p_ready.lane_id;
    delete from app.queue_ready r
     where r.shard = p_ready.shard and r.queue = p_ready.queue and r.lane_id = p_ready.lane_id;
    return;
  end if;`,
  },
];

/** The same in the function for many lanes. */
export const LOST_WAKE_UP_OF_MANY: readonly Mutant[] = [
  { function: "complete_queue_lanes", guard: /and l\.tail = x\.upto\b/, instead: "" },
];

/** A write is accepted under any token. */
export const STALE_OWNER: readonly Mutant[] = [
  { function: "assert_lease", guard: /and token = p_token\b/, instead: "" },
];

/** The ready row is locked before its lane: the other way round than enqueue_message does it. */
export const LOCK_ORDER: readonly Mutant[] = [
  { function: "assert_lease", guard: LANE_LOCK, instead: "" },
  {
    function: "assert_lease",
    guard: /return v_ready;/,
    instead: `perform from app.queue_lane where shard = p_shard and queue = p_queue and lane_id = p_lane_id for update;
  return v_ready;`,
  },
];
