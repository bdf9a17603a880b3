-- Locks a lane and makes sure that p_token is its present lease. A lease that ran out but was not given to anybody
-- else still counts: under the lock nobody can take it.
-- Raises SB001 when the lease is stale; the caller's transaction must write nothing.
-- Locks: lane, ready. Called by: every write under a lease.
create function app.assert_lease (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_lane_id uuid,
  p_token   bigint
)
  returns app.queue_ready
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_ready app.queue_ready;
begin
  perform from app.queue_lane where shard = p_shard and queue = p_queue and lane_id = p_lane_id for update;

  select * into v_ready
    from app.queue_ready
   where shard = p_shard and queue = p_queue and lane_id = p_lane_id and token = p_token
     for update;
  if not found then
    raise exception sqlstate 'SB001'
      using message = format('lane %s of queue %s is no longer leased under token %s', p_lane_id, p_queue, p_token),
            hint = 'the lease ran out and another worker took over: drop this work, it is done elsewhere';
  end if;
  return v_ready;
end;
$$;

revoke execute on function app.assert_lease from public;
grant execute on function app.assert_lease to service_role;
