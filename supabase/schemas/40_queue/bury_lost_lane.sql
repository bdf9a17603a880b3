-- Gives up on the burst of a lane whose workers were lost again and again: it goes to the dead letters, and for an
-- inbound lane a person is asked for, as after any last try. When somebody has one of the locks it does nothing; the
-- lane comes again when its lease, the caller's, ends.
-- Locks: conversation or outbound messages, and lane, each only when it is free; the caller holds the ready row.
-- Called by: get_next_queue_message.
create function app.bury_lost_lane (
  p_ready app.queue_ready
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_upto  bigint;
  v_error jsonb := jsonb_build_object('code', 'worker_lost', 'message',
    format('worker lost: %s leases in a row ran out with this at the head; look at what the last one, %s, logged', p_ready.lost, p_ready.leased_by));
begin
  if not app.try_lock_lane(p_ready) then
    return;
  end if;

  select max(q.seq) into v_upto
    from app.message_queue q
   where q.shard = p_ready.shard and q.queue = p_ready.queue and q.lane_id = p_ready.lane_id and q.seq > p_ready.done and q.seq <= p_ready.upto;
  if v_upto is null then
    perform app.release_lane(p_ready, p_ready.done);
  elsif p_ready.queue = 'inbound' then
    perform app.fail_turn(p_ready.shard, p_ready.lane_id, p_ready.token, v_upto, v_error, p_max_tries => 0);
  else
    perform app.schedule_message_retry(p_ready.shard, p_ready.queue, p_ready.lane_id, p_ready.token, v_upto, v_error, p_max_tries => 0);
  end if;
end;
$$;

revoke execute on function app.bury_lost_lane from public;
grant execute on function app.bury_lost_lane to service_role;
