-- Cancels what has not left of answers of which something has, when the customer has spoken again since and the tenant
-- wants answers to give way (on_new_message 'supersede'); the memory then ends where the customer interrupted. An
-- answer of which nothing has left is recall_answer's affair. What is leaving, or may have left, stays. Returns how
-- many messages were cancelled. Idempotent.
-- Locks: memory, outbound messages in ascending order, messages; nothing when nothing waits to be sent. Called by:
-- start_turn, recall_answer.
create function app.cut_answers (
  p_shard           smallint,
  p_conversation_id uuid
)
  returns integer
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_ids   uuid[];
  v_turn  uuid;
  v_count integer;
  v_all   integer := 0;
begin
  select array_agg(o.id order by o.id)
    into v_ids
    from app.message_queue q
    join app.outbound_message o on o.shard = q.shard and o.id = (q.payload ->> 'outbound_id')::uuid
    join public.messages m on m.shard = o.shard and m.id = o.message_id
    join public.tenants t on t.id = o.tenant_id
   where q.shard = p_shard and q.queue = 'outbound' and q.lane_id = p_conversation_id
     and o.status = 'QUEUED' and o.turn_id is not null and t.on_new_message = 'supersede'
     and exists (select from app.message_queue i
                  where i.shard = p_shard and i.queue = 'inbound' and i.lane_id = p_conversation_id
                    and (i.payload ->> 'position')::bigint > m.position)
     and exists (select from app.outbound_message x
                  where x.shard = o.shard and x.conversation_id = p_conversation_id and x.turn_id = o.turn_id
                    and x.status not in ('QUEUED', 'CANCELLED', 'FAILED', 'PARKED'));
  if v_ids is null then
    return 0;
  end if;

  perform from app.ai_conversation_memory where shard = p_shard and conversation_id = p_conversation_id for update;
  perform from app.outbound_message where shard = p_shard and id = any (v_ids) order by id for update;
  for v_turn, v_count in
    with cut as (
      select o.turn_id, app.set_outbound_status(p_shard, o.id, 'CANCELLED',
               '{"code": "interrupted", "message": "the customer wrote before this part of the answer was sent"}')
        from app.outbound_message o
       where o.shard = p_shard and o.id = any (v_ids) and o.status = 'QUEUED'
    )
    select cut.turn_id, count(*) from cut group by cut.turn_id
  loop
    perform app.forget_replies(p_shard, p_conversation_id, v_turn, v_count);
    v_all := v_all + v_count;
  end loop;
  return v_all;
end;
$$;

revoke execute on function app.cut_answers from public;
grant execute on function app.cut_answers to service_role;
