-- Takes the answer that an outbound message is part of back, when the customer wrote more before any of it began to
-- leave (answer_to_recall): all its messages are CANCELLED, the memory forgets it, its workflow steps are taken back, and its
-- questions go back in front of what came later, so that one turn answers everything. Of an answer of which something has left,
-- the parts that have not are cancelled (cut_answers), and what came later is answered by itself.
-- p_token: the lease of the outbound lane. Returns whether it was taken back. Raises SB001 when the lease is stale.
-- Locks, when there seems to be something to take back and else none: conversation, workflows, memory, lane and ready of inbound,
-- outbound messages in ascending order, messages, lane and ready of outbound. So nothing may be locked before.
-- Called by: start_outbound_attempt.
create function app.recall_answer (
  p_shard       smallint,
  p_lane_id     uuid,
  p_token       bigint,
  p_outbound_id uuid
)
  returns boolean
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now     timestamptz := app.now();
  v_turn_id uuid;
  v_turn    app.turns;
  v_asked   jsonb;
begin
  -- Almost always nothing waits to be answered: this look is all that a send costs.
  if exists (select from app.queue_ready r
              where r.shard = p_shard and r.queue = 'inbound' and r.lane_id = p_lane_id and r.leased_by is null) then
    v_turn_id := app.answer_to_recall(p_shard, p_outbound_id);
    if v_turn_id is null then
      perform app.cut_answers(p_shard, p_lane_id);
    end if;
  end if;
  if v_turn_id is null then
    return false;
  end if;

  perform from public.conversations where shard = p_shard and id = p_lane_id for no key update;
  perform from app.workflow_states w
    where w.shard = p_shard and w.id in (select s.workflow_id from app.workflow_steps s where s.shard = p_shard and s.turn_id = v_turn_id) order by w.id for update;
  perform from app.ai_conversation_memory where shard = p_shard and conversation_id = p_lane_id for update;
  perform from app.queue_lane where shard = p_shard and queue = 'inbound' and lane_id = p_lane_id for update;
  perform from app.queue_ready where shard = p_shard and queue = 'inbound' and lane_id = p_lane_id for update;
  perform from app.outbound_message
    where shard = p_shard and conversation_id = p_lane_id and turn_id = v_turn_id order by id for update;
  perform app.assert_lease(p_shard, 'outbound', p_lane_id, p_token);
  if app.answer_to_recall(p_shard, p_outbound_id) is distinct from v_turn_id then
    return false;
  end if;

  select jsonb_agg(jsonb_build_object('kind', 'turn', 'correlation_id', m.correlation_id, 'enqueued_at', m.created_at,
           'payload', jsonb_build_object('message_id', m.id, 'position', m.position)) order by m.position)
    into v_asked
    from public.messages m
   where m.shard = p_shard and m.conversation_id = p_lane_id and m.turn_id = v_turn_id and m.direction = 'in';
  if v_asked is null then
    return false;
  end if;

  perform app.set_outbound_status(p_shard, o.id, 'CANCELLED',
            '{"code": "superseded", "message": "the customer wrote more before the answer was sent"}')
     from app.outbound_message o
    where o.shard = p_shard and o.conversation_id = p_lane_id and o.turn_id = v_turn_id and o.status = 'QUEUED';

  update app.turns
     set status = 'superseded', reason = 'the customer wrote more before the answer was sent', superseded = superseded + 1,
         superseded_at = v_now, finished_at = v_now
   where shard = p_shard and id = v_turn_id
  returning * into strict v_turn;
  perform app.forget_turn(p_shard, p_lane_id, v_turn_id);
  perform app.recall_workflows(p_shard, v_turn_id);
  perform app.reopen_lane(p_shard, 'inbound', p_lane_id, v_turn.first_seq, v_asked);
  perform app.hasten_burst(p_shard, p_lane_id, coalesce(r.quiet_until, v_now), make_interval(secs => t.burst_max_wait_ms / 1000.0))
     from app.queue_ready r
     join public.tenants t on t.id = r.tenant_id
    where r.shard = p_shard and r.queue = 'inbound' and r.lane_id = p_lane_id;
  return true;
end;
$$;

revoke execute on function app.recall_answer from public;
grant execute on function app.recall_answer to service_role;
