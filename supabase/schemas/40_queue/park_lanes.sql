-- Puts those of p_rows, ready rows that the caller has locked, that a pause keeps back aside, with their time kept, so
-- that no claim looks at them again until somebody resumes them. A lease that ran out ends with it.
-- Returns how many. A pause that is just being lifted keeps nothing back. Locks: the pauses (for share), only when they
-- are free; the caller holds the ready rows. Called by: get_next_queue_message.
create function app.park_lanes (
  p_shard smallint,
  p_queue app.queue_name,
  p_rows  tid[]
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_nil    uuid := '00000000-0000-0000-0000-000000000000';
  v_parked integer;
begin
  -- Whoever lifts a pause waits for us here, and then finds what we have put aside.
  perform from app.queue_pause p
    where p.shard = p_shard and p.queue = p_queue and (
      (p.lane_id = v_nil and p.tenant_id in (select r.tenant_id from app.queue_ready r
        where r.ctid = any (p_rows)))
      or (p.tenant_id = v_nil and p.lane_id in (select r.lane_id from app.queue_ready r where r.ctid = any (p_rows))))
      for share skip locked;

  update app.queue_ready r
     set parked_at = r.at, at = 'infinity', leased_by = null, token = null, upto = null
   where r.ctid = any (p_rows) and r.at <= app.now()
     and exists (select from app.queue_pause p
                  where p.shard = p_shard and p.queue = p_queue and p.lane_id in (v_nil, r.lane_id)
                    and p.tenant_id in (v_nil, r.tenant_id));
  get diagnostics v_parked = row_count;
  return v_parked;
end;
$$;

revoke execute on function app.park_lanes from public;
grant execute on function app.park_lanes to service_role;
