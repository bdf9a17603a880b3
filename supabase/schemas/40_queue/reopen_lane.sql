-- Puts messages that were done back in front of what waits in a lane, under the numbers that they had: what was done with
-- them was undone. The lane keeps its time.
-- p_first: the number of the first. p_messages: [{kind, payload, correlation_id, enqueued_at}], in order.
-- Raises SB409 when the lane does not wait, or the numbers are not behind its cursor. Locks: ready; the caller holds the
-- lane. Called by: recall_answer.
create function app.reopen_lane (
  p_shard    smallint,
  p_queue    app.queue_name,
  p_lane_id  uuid,
  p_first    bigint,
  p_messages jsonb
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_ready app.queue_ready;
begin
  select * into v_ready
    from app.queue_ready
   where shard = p_shard and queue = p_queue and lane_id = p_lane_id and leased_by is null and done >= p_first - 1 + jsonb_array_length(p_messages)
     for update;
  if not found then
    raise exception sqlstate 'SB409' using message = format('the lane %s does not wait behind message %s with room for these', p_lane_id, p_first);
  end if;

  insert into app.message_queue (shard, queue, lane_id, seq, tenant_id, kind, payload, correlation_id, enqueued_at)
  select p_shard, p_queue, p_lane_id, p_first - 1 + m.ordinal, v_ready.tenant_id, m.message ->> 'kind', m.message -> 'payload',
         m.message ->> 'correlation_id', (m.message ->> 'enqueued_at')::timestamptz
    from jsonb_array_elements(p_messages) with ordinality as m (message, ordinal);

  update app.queue_ready
     set done = p_first - 1, burst_at = least(burst_at, (p_messages -> 0 ->> 'enqueued_at')::timestamptz)
   where shard = p_shard and queue = p_queue and lane_id = p_lane_id;
end;
$$;

revoke execute on function app.reopen_lane from public;
grant execute on function app.reopen_lane to service_role;
