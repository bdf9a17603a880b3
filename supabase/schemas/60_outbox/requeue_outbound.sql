-- Sees to it that an outbound message that is QUEUED again is worked on: when its work is still in the lane, the lane
-- looks at it now; else there is new work, behind what waits there, not before p_at.
-- Locks: lane, ready; the caller has locked the outbound message. Called by: apply_outbound_status, retry_outbound_message.
create function app.requeue_outbound (
  p_shard    smallint,
  p_outbound app.outbound_message,
  p_at       timestamptz default null
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
begin
  if exists (select from app.message_queue q
              where q.shard = p_shard and q.queue = 'outbound' and q.lane_id = p_outbound.conversation_id
                and app.outbound_id(q.payload) = p_outbound.id) then
    perform app.wake_lane(p_shard, 'outbound', p_outbound.conversation_id);
  else
    perform app.enqueue_message(p_shard, 'outbound', p_outbound.conversation_id, p_outbound.tenant_id, 'send',
      jsonb_build_object('outbound_id', p_outbound.id), p_outbound.correlation_id, p_run_at => p_at);
  end if;
end;
$$;

revoke execute on function app.requeue_outbound from public;
grant execute on function app.requeue_outbound to service_role;
