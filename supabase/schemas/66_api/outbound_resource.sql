-- An outbound message as the HTTP API shows it; with p_attempts every try at sending it too.
-- Locks: none. Called by: get_outbound_message, list_outbound_messages, send_api_message.
create function app.outbound_resource (
  p_outbound app.outbound_message,
  p_attempts boolean default false
)
  returns jsonb
  language sql
  stable
  set search_path = ''
  set timezone = 'UTC'
as $$
  select jsonb_build_object(
    'id', p_outbound.id, 'status', p_outbound.status, 'account_id', p_outbound.account_id, 'conversation_id', p_outbound.conversation_id,
    'message_id', p_outbound.message_id, 'turn_id', p_outbound.turn_id, 'author', m.author, 'content', p_outbound.content,
    'provider_message_id', p_outbound.provider_message_id,
    'idempotency_key', case when p_outbound.idempotency_key like 'api:%' then substr(p_outbound.idempotency_key, 5) end,
    'error', case when p_outbound.error is not null then jsonb_build_object(
      'code', coalesce(p_outbound.error ->> 'code', 'unknown'), 'message', p_outbound.error ->> 'message') end,
    'correlation_id', p_outbound.correlation_id, 'created_at', p_outbound.created_at, 'send_at', p_outbound.send_at, 'sent_at', p_outbound.sent_at,
    'delivered_at', p_outbound.delivered_at, 'read_at', p_outbound.read_at, 'played_at', p_outbound.played_at,
    'failed_at', p_outbound.failed_at, 'cancelled_at', p_outbound.cancelled_at)
    || case when p_attempts then jsonb_build_object('attempts', (
         select coalesce(jsonb_agg(jsonb_build_object('attempt', a.attempt_no, 'state', a.state, 'started_at', a.started_at,
                  'finished_at', a.finished_at, 'code', a.error_code, 'next_retry_at', a.next_retry_at) order by a.attempt_no), '[]')
           from app.outbound_attempt a
          where a.shard = p_outbound.shard and a.outbound_message_id = p_outbound.id)) else '{}' end
    from public.messages m
   where m.shard = p_outbound.shard and m.id = p_outbound.message_id;
$$;

revoke execute on function app.outbound_resource from public;
grant execute on function app.outbound_resource to service_role;
