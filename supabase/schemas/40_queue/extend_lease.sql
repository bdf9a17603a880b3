-- A sign of life: the lease ends p_lease from now.
-- Raises SB001 when the lease is stale: the worker must stop what it is doing. Locks: lane, ready. Called by:
-- commons/work, a few times within every lease.
create function app.extend_lease (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_lane_id uuid,
  p_token   bigint,
  p_lease   interval default '30 seconds'
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform app.assert_lease(p_shard, p_queue, p_lane_id, p_token);
  update app.queue_ready
     set at = app.now() + p_lease
   where shard = p_shard and queue = p_queue and lane_id = p_lane_id;
end;
$$;

revoke execute on function app.extend_lease from public;
grant execute on function app.extend_lease to service_role;
