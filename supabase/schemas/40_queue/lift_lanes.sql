-- What new work means for lanes that have some already: the greater urgency counts, and a burst that waits for quiet waits
-- until p_quiet_until (null: nobody asked for quiet), at most p_max_wait after its first message.
-- p_lanes: in ascending order. The plan is pinned (lanes by `= any`, then a hash join): one made while the queue was empty
-- must not read all of it later.
-- Locks: ready rows, in ascending order; the caller holds the lanes. Called by: enqueue_messages.
create function app.lift_lanes (
  p_shard       smallint,
  p_queue       app.queue_name,
  p_lanes       uuid[],
  p_urgencies   smallint[],
  p_quiet_until timestamptz,
  p_max_wait    interval
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_nestloop = off
  set enable_mergejoin = off
as $$
begin
  update app.queue_ready r
     set at          = case when p_quiet_until is not null and r.leased_by is null and r.tries = 0 and r.parked_at is null
                            then least(p_quiet_until, r.burst_at + p_max_wait) else r.at end,
         quiet_until = coalesce(p_quiet_until, r.quiet_until),
         priority    = greatest(r.priority, x.urgency)
    from unnest(p_lanes, p_urgencies) as x (lane_id, urgency)
   where r.shard = p_shard and r.queue = p_queue and r.lane_id = any (p_lanes) and r.lane_id = x.lane_id
     and (r.priority < x.urgency or p_quiet_until is not null);
end;
$$;

revoke execute on function app.lift_lanes from public;
grant execute on function app.lift_lanes to service_role;
