-- Marks the messages of a leased lane up to p_upto as done and gives the lane back.
-- p_max_wait: how long what came meanwhile may wait for more of its burst.
-- Raises SB001 when the lease is stale, SB400 when p_upto is done already or was never enqueued.
-- Locks: lane, ready. Called by: complete_turn, start_outbound_attempt, finish_outbound_attempt.
create function app.complete_queue_messages (
  p_shard    smallint,
  p_queue    app.queue_name,
  p_lane_id  uuid,
  p_token    bigint,
  p_upto     bigint,
  p_max_wait interval default '0'
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_ready app.queue_ready := app.assert_lease(p_shard, p_queue, p_lane_id, p_token);
begin
  if p_upto <= v_ready.done then
    raise exception sqlstate 'SB400'
      using message = format('message %s of lane %s is done already (cursor at %s)', p_upto, p_lane_id, v_ready.done);
  end if;

  with done as (
    delete from app.message_queue q
     where q.shard = p_shard and q.queue = p_queue and q.lane_id = p_lane_id and q.seq > v_ready.done and q.seq <= p_upto
    returning q.*
  )
  insert into app.queue_history (shard, queue, lane_id, seq, tenant_id, kind, correlation_id, tries, enqueued_at, finished_at)
  select d.shard, d.queue, d.lane_id, d.seq, d.tenant_id, d.kind, d.correlation_id, v_ready.tries, d.enqueued_at, app.now()
    from done d;
  perform app.release_lane(v_ready, p_upto, p_max_wait => p_max_wait);
end;
$$;

revoke execute on function app.complete_queue_messages from public;
grant execute on function app.complete_queue_messages to service_role;
