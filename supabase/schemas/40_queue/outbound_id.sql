-- The outbound message that a piece of work speaks of; null when its payload names none.
-- Called by: outbound_ids, replay_dead_letter, cancel_queue_messages.
create function app.outbound_id (
  p_payload jsonb
)
  returns uuid
  language sql
  immutable
  set search_path = ''
as $$
  select case when p_payload ->> 'outbound_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (p_payload ->> 'outbound_id')::uuid end;
$$;

revoke execute on function app.outbound_id from public;
grant execute on function app.outbound_id to service_role;
