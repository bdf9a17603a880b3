-- Ends a turn, in one transaction: the replies are stored and queued for sending in their order, the memory is updated, the
-- agent's wishes are carried out, the queue messages are done. A person who took over while the agent worked wins:
-- the replies are dropped and the turn counts as skipped; so does a customer who has opted out. A customer who wrote more makes the replies out of date: they are
-- dropped, and the turn is done again with all messages (is_superseded, supersede_turn).
-- Workflow steps are committed with the answer that they belong to, or not at all; when somebody else has moved a workflow
-- meanwhile, the answer is dropped like one that is out of date.
-- p_result: {replies: [{body, content}], actions: [{type: 'request_person', reason}], workflows (apply_workflow_steps), usage,
-- tool_calls: [{name, ms, ok}],
-- endpoint, called_at, ms, reason}. No replies: the turn is skipped, for `reason`.
-- Returns the number of replies queued; null when the turn was superseded. Raises SB001 when the lease is stale, and then nothing is written.
-- Locks: conversation, workflows, memory, then lane and ready of inbound, then of outbound. Called by: commons/handlers/turn.ts.
create function app.complete_turn (
  p_shard   smallint,
  p_lane_id uuid,
  p_token   bigint,
  p_upto    bigint,
  p_turn_id uuid,
  p_result  jsonb
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_now          timestamptz := app.now();
  v_conversation public.conversations;
  v_tenant       public.tenants;
  v_turn         app.turns;
  v_ready        app.queue_ready;
  v_replies      jsonb := coalesce(p_result -> 'replies', '[]');
  v_reason       text := p_result ->> 'reason';
  v_steps        jsonb := coalesce(p_result -> 'workflows', '[]');
  v_hold_until   timestamptz;
  v_reply        jsonb;
  v_ordinal      bigint;
begin
  select * into strict v_conversation from public.conversations where shard = p_shard and id = p_lane_id for no key update;
  select * into strict v_tenant from public.tenants where shard = p_shard and id = v_conversation.tenant_id;
  select * into strict v_turn from app.turns where shard = p_shard and id = p_turn_id;

  if v_conversation.agent_paused_until > v_now then
    v_reason := case when v_replies <> '[]' then 'a person took over while the agent worked' else v_reason end;
    v_replies := '[]';
    v_steps := '[]';
    v_hold_until := v_conversation.agent_paused_until;
  elsif (v_replies <> '[]' or v_steps <> '[]') and app.consent_of(p_shard, v_conversation.contact_id) ->> 'all' = 'stop' then
    v_reason := 'the customer opted out while the agent worked';
    v_replies := '[]';
    v_steps := '[]';
  elsif exists (select from public.whatsapp_accounts where shard = p_shard and id = v_conversation.account_id and status <> 'active') then
    v_hold_until := v_now + interval '1 hour';
  end if;

  -- Under the conversation's lock nothing that a customer writes is added to the lane.
  select * into v_ready
    from app.queue_ready where shard = p_shard and queue = 'inbound' and lane_id = p_lane_id and token = p_token;
  if v_replies <> '[]' and app.is_superseded(v_ready, p_upto, v_turn) then
    perform app.supersede_turn(p_shard, p_lane_id, p_token, p_turn_id, p_result);
    return null;
  end if;
  if v_steps <> '[]' and not app.workflows_fit(p_shard, p_lane_id, v_steps) then
    perform app.supersede_turn(p_shard, p_lane_id, p_token, p_turn_id,
      p_result || '{"reason": "a workflow was ended or begun by somebody else while the agent worked"}');
    return null;
  end if;
  perform app.apply_workflow_steps(p_shard, p_lane_id, p_turn_id, v_steps);
  perform app.end_workflow_timers(p_shard, p_lane_id, v_turn.first_seq, p_upto, p_turn_id, v_hold_until);

  update public.messages m
     set turn_id = p_turn_id
    from app.message_queue q
   where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = p_lane_id and q.seq between v_turn.first_seq and p_upto
     and m.shard = p_shard and m.id = (q.payload ->> 'message_id')::uuid;

  perform app.remember_turn(p_shard, v_tenant.id, p_lane_id, p_turn_id, v_replies);
  perform app.act_as(jsonb_build_object('actor', v_turn.service));

  update public.conversations
     set person_requested_at   = coalesce(person_requested_at, v_now),
         person_request_reason = coalesce(person_request_reason, a.action ->> 'reason')
    from jsonb_array_elements(coalesce(p_result -> 'actions', '[]')) as a (action)
   where shard = p_shard and id = p_lane_id and a.action ->> 'type' = 'request_person';

  update app.turns
     set status          = case when v_replies = '[]' then 'skipped' else 'answered' end,
         reason          = case when v_replies = '[]' then coalesce(v_reason, 'the agent chose to stay silent') end,
         last_seq        = p_upto,
         endpoint        = p_result ->> 'endpoint',
         usage           = app.add_usage(v_turn.usage, coalesce(p_result -> 'usage', '{}')),
         agent_called_at = (p_result ->> 'called_at')::timestamptz,
         agent_ms        = (p_result ->> 'ms')::integer,
         finished_at     = v_now
   where shard = p_shard and id = p_turn_id;

  perform app.complete_queue_messages(p_shard, 'inbound', p_lane_id, p_token, p_upto,
    p_max_wait => make_interval(secs => v_tenant.burst_max_wait_ms / 1000.0));

  perform app.note_activity(p_shard, v_tenant.id, p_lane_id, 'TOOL_CALL', t.call || jsonb_build_object('turn_id', p_turn_id))
     from jsonb_array_elements(coalesce(p_result -> 'tool_calls',
            (select jsonb_agg(jsonb_build_object('name', u.name)) from jsonb_array_elements(p_result -> 'usage' -> 'tools') as u (name)), '[]')) as t (call);
  for v_reply, v_ordinal in select r.reply, r.ordinal from jsonb_array_elements(v_replies) with ordinality as r (reply, ordinal) loop
    perform app.enqueue_outbound_message(p_shard, p_lane_id, 'agent', v_reply ->> 'body', v_reply -> 'content',
      format('turn:%s:%s:%s', p_turn_id, v_turn.superseded, v_ordinal), v_turn.correlation_id, p_turn_id);
  end loop;
  return jsonb_array_length(v_replies);
end;
$$;

revoke execute on function app.complete_turn from public;
grant execute on function app.complete_turn to service_role;
