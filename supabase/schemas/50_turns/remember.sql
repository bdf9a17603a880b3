-- Adds messages to the memory of a conversation and keeps the last 20.
-- p_messages: [{"role", "text", "at"}], oldest first. Locks: the memory row. Called by: remember_turn, ingest_message.
create function app.remember (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_conversation_id uuid,
  p_messages        jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_all jsonb := (app.open_session(p_shard, p_tenant_id, p_conversation_id)).messages || p_messages;
begin
  update app.ai_conversation_memory
     set messages = (
           select coalesce(jsonb_agg(m.message order by m.ordinal), '[]')
             from jsonb_array_elements(v_all) with ordinality as m (message, ordinal)
            where m.ordinal > jsonb_array_length(v_all) - 20
         )
   where shard = p_shard and conversation_id = p_conversation_id;
end;
$$;

revoke execute on function app.remember from public;
grant execute on function app.remember to service_role;
