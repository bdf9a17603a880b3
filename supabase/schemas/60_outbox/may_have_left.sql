-- Whether any attempt at an outbound message was taken by the provider, or may have been.
-- Called by: follow_parked_message, cancel_outbound_message, cancel_queue_messages, fail_dead_outbound.
create function app.may_have_left (
  p_shard       smallint,
  p_outbound_id uuid
)
  returns boolean
  language sql
  stable
  set search_path = ''
as $$
  select exists (select from app.outbound_attempt a
                  where a.shard = p_shard and a.outbound_message_id = p_outbound_id and a.state in ('IO_STARTED', 'UNKNOWN', 'ACCEPTED'));
$$;

revoke execute on function app.may_have_left from public;
grant execute on function app.may_have_left to service_role;
