-- Takes the last p_count replies of a turn's answer out of a conversation's memory: they were never said.
-- Locks: the memory row. Called by: cut_answers.
create function app.forget_replies (
  p_shard           smallint,
  p_conversation_id uuid,
  p_turn_id         uuid,
  p_count           integer
)
  returns void
  language sql
  set search_path = ''
as $$
  update app.ai_conversation_memory m
     set messages = (
           select coalesce(jsonb_agg(e.entry order by e.ordinal) filter (where not e.is_reply or e.from_end > p_count), '[]')
             from (select x.entry, x.ordinal, x.is_reply, row_number() over (partition by x.is_reply order by x.ordinal desc) as from_end
                     from (select y.entry, y.ordinal,
                                  coalesce(y.entry ->> 'turn' = p_turn_id::text and y.entry ->> 'role' = 'assistant', false) as is_reply
                             from jsonb_array_elements(m.messages) with ordinality as y (entry, ordinal)) as x) as e
         )
   where m.shard = p_shard and m.conversation_id = p_conversation_id;
$$;

revoke execute on function app.forget_replies from public;
grant execute on function app.forget_replies to service_role;
