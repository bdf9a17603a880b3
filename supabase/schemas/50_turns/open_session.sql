-- The memory of a conversation, with a new session when the last one has been idle for 30 minutes.
-- Locks: the memory row. Called by: start_turn, remember.
create function app.open_session (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_conversation_id uuid
)
  returns app.ai_conversation_memory
  language plpgsql
  set search_path = ''
as $$
declare
  v_now    timestamptz := app.now();
  v_memory app.ai_conversation_memory;
begin
  insert into app.ai_conversation_memory as m
    (shard, conversation_id, tenant_id, session_started_at, last_activity_at)
  values (p_shard, p_conversation_id, p_tenant_id, v_now, v_now)
  on conflict (shard, conversation_id) do update
    set session_id         = case when m.last_activity_at < v_now - interval '30 minutes' then gen_random_uuid() else m.session_id end,
        session_started_at = case when m.last_activity_at < v_now - interval '30 minutes' then v_now else m.session_started_at end,
        messages           = case when m.last_activity_at < v_now - interval '30 minutes' then '[]'::jsonb else m.messages end,
        last_activity_at   = v_now
  returning m.* into v_memory;
  return v_memory;
end;
$$;

revoke execute on function app.open_session from public;
grant execute on function app.open_session to service_role;
