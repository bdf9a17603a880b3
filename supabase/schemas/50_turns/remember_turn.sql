-- Adds a turn to the memory of its conversation: what the customer wrote, then what the agent answered.
-- p_replies: [{body}]. Relies on messages.turn_id, and on the turn's messages being in their lane still: nothing older
-- than the oldest of them is looked at, however long the conversation is. Each entry names its turn, so that forget_turn
-- finds it. Locks: the memory row. Called by: complete_turn.
create function app.remember_turn (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_conversation_id uuid,
  p_turn_id         uuid,
  p_replies         jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_asked    jsonb;
  v_answered jsonb;
begin
  select jsonb_agg(jsonb_build_object('role', 'user', 'text', case when m.body = '' then '[' || m.type || ']' else m.body end,
           'at', m.occurred_at, 'turn', p_turn_id) order by m.position)
    into v_asked
    from public.messages m
   where m.shard = p_shard and m.conversation_id = p_conversation_id and m.turn_id = p_turn_id and m.direction = 'in'
     and m.revoked_at is null
     and m.position >= coalesce((
       select min((q.payload ->> 'position')::bigint)
         from app.message_queue q
        where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = p_conversation_id), 9223372036854775807); -- only timers: nobody wrote

  select jsonb_agg(jsonb_build_object('role', 'assistant', 'text', r.reply ->> 'body', 'at', app.now(), 'turn', p_turn_id) order by r.ordinal)
    into v_answered
    from jsonb_array_elements(p_replies) with ordinality as r (reply, ordinal);

  perform app.remember(p_shard, p_tenant_id, p_conversation_id, coalesce(v_asked, '[]') || coalesce(v_answered, '[]'));
end;
$$;

revoke execute on function app.remember_turn from public;
grant execute on function app.remember_turn to service_role;
