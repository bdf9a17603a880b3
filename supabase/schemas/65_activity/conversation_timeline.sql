-- What happened in a conversation, newest first: messages in and out, how far each came, every try at sending it, turns of
-- the agent, steps of workflows, tasks, what the person said about being written to (on whichever number), and
-- app.conversation_events. Nothing is written for it that another table holds: so nothing is told twice, and a workflow step
-- that is taken back with its answer (recall_workflows) is gone here too.
-- Kinds: MESSAGE_RECEIVED, MESSAGE_QUEUED, MESSAGE_SENT, MESSAGE_STATUS_UPDATE, MESSAGE_FAILED, SEND_ATTEMPT, TURN, WORKFLOW_STEP,
-- TASK_OPENED, TASK_RESOLVED, OPT_OUT, OPT_IN, HANDOFF, and those of note_activity (TOOL_CALL ...). A pause of the agent that
-- has run out is a HANDOFF to the agent; note_handoff writes it down before the next pause takes its place.
-- What was merged into the conversation is part of it.
-- p_before: {at, ref} of the last entry of the page before; null: from the newest on. p_limit: 1 to 200.
-- Returns {items: [{at, ref, kind, detail}], next: {at, ref} | null}. Raises SB404 when the tenant has no such conversation.
-- Locks: none. Called by: the HTTP API.
create function app.conversation_timeline (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_conversation_id uuid,
  p_before          jsonb   default null,
  p_limit           integer default 50
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set timezone = 'UTC'
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 50), 1), 200);
  v_lanes uuid[];
  v_items jsonb;
begin
  select array_agg(c.id) into v_lanes
    from public.conversations c
   where c.shard = p_shard and c.tenant_id = p_tenant_id and (c.id = p_conversation_id or c.merged_into = p_conversation_id);
  if not coalesce(p_conversation_id = any (v_lanes), false) then
    raise exception sqlstate 'SB404' using message = format('there is no conversation %s', p_conversation_id);
  end if;

  with recursive outgoing as materialized (
    select o.* from app.outbound_message o where o.shard = p_shard and o.conversation_id = any (v_lanes)
  ), person as (
    select c.contact_id as id from public.conversations c where c.shard = p_shard and c.id = p_conversation_id
    union
    select c.id from person p join public.contacts c on c.shard = p_shard and c.merged_into = p.id
  ), entries (at, ref, kind, detail) as (
    select m.created_at, '10:' || m.id, case m.direction when 'in' then 'MESSAGE_RECEIVED' else 'MESSAGE_SENT' end,
           jsonb_build_object('message_id', m.id, 'author', m.author, 'type', m.type, 'text', m.body)
      from public.messages m
     where m.shard = p_shard and m.conversation_id = any (v_lanes)
       and (m.direction = 'in' or not exists (select from outgoing o where o.message_id = m.id))
    union all
    select o.created_at, '20:' || o.id, 'MESSAGE_QUEUED',
           jsonb_build_object('outbound_id', o.id, 'message_id', o.message_id, 'author', m.author, 'type', m.type, 'text', m.body)
      from outgoing o
      join public.messages m on m.shard = o.shard and m.id = o.message_id
    union all
    select a.started_at, format('30:%s:%s', a.outbound_message_id, lpad(a.attempt_no::text, 5, '0')), 'SEND_ATTEMPT',
           jsonb_build_object('outbound_id', o.id, 'attempt', a.attempt_no, 'state', a.state, 'code', a.error_code, 'finished_at', a.finished_at)
      from outgoing o
      join app.outbound_attempt a on a.shard = o.shard and a.outbound_message_id = o.id
    union all
    -- A provider tells whole seconds: a status does not stand before the step that it follows.
    select greatest(s.at, o.created_at, case when s.rank > 40 then o.sent_at end), format('%s:%s', s.rank, o.id),
           case s.status when 'SENT' then 'MESSAGE_SENT' when 'FAILED' then 'MESSAGE_FAILED' else 'MESSAGE_STATUS_UPDATE' end,
           jsonb_strip_nulls(jsonb_build_object('outbound_id', o.id, 'message_id', o.message_id, 'status', s.status,
             'code', case when s.status in ('FAILED', 'CANCELLED', 'UNKNOWN') then o.error ->> 'code' end))
      from outgoing o
      cross join lateral (values (40, 'SENT', o.sent_at), (41, 'UNKNOWN', o.unknown_since), (42, 'DELIVERED', o.delivered_at), (43, 'READ', o.read_at),
                                 (44, 'PLAYED', o.played_at), (45, 'FAILED', o.failed_at), (46, 'CANCELLED', o.cancelled_at)) as s (rank, status, at)
     where s.at is not null
    union all
    select t.finished_at, '15:' || t.id, 'TURN',
           jsonb_build_object('turn_id', t.id, 'status', t.status, 'reason', t.reason, 'agent', t.service, 'agent_ms', t.agent_ms, 'usage', t.usage)
      from app.turns t
     where t.shard = p_shard and t.conversation_id = any (v_lanes) and t.finished_at is not null
    union all
    select x.at, format('%s:%s', x.rank, t.id), x.kind,
           jsonb_strip_nulls(jsonb_build_object('task_id', t.id, 'kind', t.kind, 'reason', t.reason, 'by', case x.rank when 61 then t.resolved_by end))
      from public.tasks t
      cross join lateral (values (60, 'TASK_OPENED', t.created_at), (61, 'TASK_RESOLVED', t.resolved_at)) as x (rank, kind, at)
     where t.shard = p_shard and t.conversation_id = any (v_lanes) and x.at is not null
    union all
    select s.at, format('17:%s:%s', w.id, lpad(s.version::text, 5, '0')), 'WORKFLOW_STEP',
           jsonb_strip_nulls(jsonb_build_object('workflow_id', w.id, 'workflow', w.workflow, 'version', s.version, 'step', s.step, 'status', s.status,
             'turn_id', s.turn_id, 'code', s.error ->> 'code', 'expires_at', s.expires_at))
      from app.workflow_states w
      join app.workflow_steps s on s.shard = w.shard and s.workflow_id = w.id
     where w.shard = p_shard and w.conversation_id = any (v_lanes)
    union all
    select e.recorded_at, '12:' || e.id, case e.action when 'stop' then 'OPT_OUT' else 'OPT_IN' end,
           jsonb_strip_nulls(jsonb_build_object('scope', e.scope, 'source', e.source, 'account_id', e.account_id, 'message_id', e.message_id))
      from person p
      join public.consent_events e on e.shard = p_shard and e.contact_id = p.id
    union all
    select c.agent_paused_until, '51:' || c.id, 'HANDOFF', '{"to": "agent", "how": "pause_over", "actor": "system"}'
      from public.conversations c
     where c.shard = p_shard and c.id = any (v_lanes) and c.agent_paused_until <= app.now()
    union all
    select e.created_at, '50:' || e.id, e.kind, e.detail || jsonb_build_object('actor', e.actor)
      from app.conversation_events e
     where e.shard = p_shard and e.conversation_id = any (v_lanes)
  ), page as (
    select e.*
      from entries e
     where p_before is null or (e.at, e.ref collate "C") < ((p_before ->> 'at')::timestamptz, p_before ->> 'ref')
     order by e.at desc, e.ref collate "C" desc
     limit v_limit + 1
  )
  select coalesce(jsonb_agg(jsonb_build_object('at', p.at, 'ref', p.ref, 'kind', p.kind, 'detail', p.detail) order by p.at desc, p.ref collate "C" desc), '[]')
    into v_items
    from page p;

  if jsonb_array_length(v_items) <= v_limit then
    return jsonb_build_object('items', v_items, 'next', null);
  end if;
  v_items := v_items - v_limit;
  return jsonb_build_object('items', v_items, 'next', jsonb_build_object('at', v_items -> -1 -> 'at', 'ref', v_items -> -1 -> 'ref'));
end;
$$;

revoke execute on function app.conversation_timeline from public;
grant execute on function app.conversation_timeline to service_role;
