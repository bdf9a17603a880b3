-- Gives a leased lane back untouched, to be claimed again at p_at: nothing failed, its head has to wait.
-- Raises SB001 when the lease is stale. Locks: lane, ready. Called by: start_outbound_attempt, finish_outbound_attempt,
-- workers that stop.
create function app.hold_lane (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_lane_id uuid,
  p_token   bigint,
  p_at      timestamptz
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_ready app.queue_ready := app.assert_lease(p_shard, p_queue, p_lane_id, p_token);
begin
  perform app.release_lane(v_ready, v_ready.done, p_at => p_at, p_tries => greatest(v_ready.tries - 1, 0)::smallint);
end;
$$;

revoke execute on function app.hold_lane from public;
grant execute on function app.hold_lane to service_role;
