-- Writes a status that we decide (not the provider) to an outbound message and to the message that people see.
-- QUEUED again: the attempt before counts no more, and neither does the provider's id of it.
-- p_error: null leaves the last one. p_at: when it failed. Returns the new row. Locks: outbound message, message, task.
-- Called by: start_outbound_attempt, finish_outbound_attempt, refuse_outbound, retry_outbound_message, cancel_outbound_message,
-- recall_answer, cancel_queue_messages, fail_dead_outbound, replay_dead_letter.
create function app.set_outbound_status (
  p_shard       smallint,
  p_outbound_id uuid,
  p_status      text,
  p_error       jsonb       default null,
  p_at          timestamptz default null
)
  returns app.outbound_message
  language plpgsql
  set search_path = ''
as $$
declare
  v_outbound app.outbound_message;
begin
  update app.outbound_message
     set status              = p_status,
         error               = coalesce(p_error, error),
         provider_message_id = case when p_status <> 'QUEUED' then provider_message_id end,
         sent_at             = case when p_status <> 'QUEUED' then sent_at end,
         unknown_since       = case p_status when 'UNKNOWN' then coalesce(unknown_since, app.now()) end,
         failed_at           = case p_status when 'FAILED' then coalesce(p_at, app.now()) end,
         cancelled_at        = case p_status when 'CANCELLED' then app.now() end
   where shard = p_shard and id = p_outbound_id
  returning * into strict v_outbound;

  update public.messages
     set status = p_status, provider_message_id = case when p_status <> 'QUEUED' then provider_message_id end
   where shard = p_shard and id = v_outbound.message_id;
  return v_outbound;
end;
$$;

revoke execute on function app.set_outbound_status from public;
grant execute on function app.set_outbound_status to service_role;
