-- The turn whose answer an outbound message is part of, when that answer is to be taken back before it leaves; else null.
-- It is when the customer has written more (the inbound lane waits with more than timers, and is not paused), nothing of the answer has left or
-- may have left, nobody has begun to answer what came later (that turn's agent knows this answer as said), no person has
-- taken over, and the tenant's setting and the limits of is_superseded allow it. Locks: none. Called by: recall_answer.
create function app.answer_to_recall (
  p_shard       smallint,
  p_outbound_id uuid
)
  returns uuid
  language sql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
  select t.id
    from app.outbound_message o
    join app.queue_ready r on r.shard = o.shard and r.queue = 'inbound' and r.lane_id = o.conversation_id
     and r.leased_by is null and r.parked_at is null
    join app.turns t on t.shard = o.shard and t.id = o.turn_id
    join public.tenants n on n.id = o.tenant_id
    join public.conversations c on c.shard = o.shard and c.id = o.conversation_id
   where o.shard = p_shard and o.id = p_outbound_id and o.status = 'QUEUED'
     and t.status = 'answered' and t.superseded < 2 and n.on_new_message = 'supersede'
     and t.burst_at + make_interval(secs => n.burst_max_wait_ms / 1000.0) > app.now()
     and exists (select from app.message_queue q
                  where q.shard = o.shard and q.queue = 'inbound' and q.lane_id = o.conversation_id and q.seq > r.done and q.kind <> 'workflow_timer')
     and coalesce(c.agent_paused_until <= app.now(), true)
     and not exists (select from app.turns later
                      where later.shard = t.shard and later.conversation_id = t.conversation_id and later.first_seq > t.first_seq)
     and not exists (select from app.outbound_message x
                       left join app.outbound_attempt a on a.shard = x.shard and a.outbound_message_id = x.id
                      where x.shard = o.shard and x.conversation_id = o.conversation_id and x.turn_id = t.id and x.status <> 'CANCELLED'
                        and (x.status <> 'QUEUED' or a.state <> 'REJECTED'));
$$;

revoke execute on function app.answer_to_recall from public;
grant execute on function app.answer_to_recall to service_role;
