-- Takes out of a conversation's memory what remember_turn added for a turn: its answer was never said, and its question will
-- be asked again. Idempotent. Locks: the memory row. Called by: recall_answer.
create function app.forget_turn (
  p_shard           smallint,
  p_conversation_id uuid,
  p_turn_id         uuid
)
  returns void
  language sql
  set search_path = ''
as $$
  update app.ai_conversation_memory m
     set messages = (
           select coalesce(jsonb_agg(e.entry order by e.ordinal), '[]')
             from jsonb_array_elements(m.messages) with ordinality as e (entry, ordinal)
            where e.entry ->> 'turn' is distinct from p_turn_id::text
         )
   where m.shard = p_shard and m.conversation_id = p_conversation_id;
$$;

revoke execute on function app.forget_turn from public;
grant execute on function app.forget_turn to service_role;
