-- Begins a workflow in a conversation with its first step, which is version 1.
-- p_step: {step, status: 'waiting' | 'running', state, wait_s, remind_s}: see advance_workflow. p_id: whoever may call
-- twice brings one. p_turn_id: the turn whose answer it is committed with.
-- Returns its id. Idempotent by p_id. Raises SB409 while another one of that name is open in the conversation, SB404 for an
-- unknown conversation, 23514 for a status that is none. Locks: the workflow, then as set_workflow_timer.
-- Called by: apply_workflow_steps, people.
create function app.start_workflow (
  p_shard           smallint,
  p_conversation_id uuid,
  p_workflow        text,
  p_step            jsonb,
  p_id              uuid default gen_random_uuid(),
  p_turn_id         uuid default null
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_tenant   uuid;
  v_workflow app.workflow_states;
begin
  select tenant_id into v_tenant from public.conversations where shard = p_shard and id = p_conversation_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no conversation %s in shard %s', p_conversation_id, p_shard);
  end if;

  insert into app.workflow_states
    (shard, id, tenant_id, conversation_id, workflow, step, status, state, expires_at, remind_at, created_at, updated_at)
  values (p_shard, p_id, v_tenant, p_conversation_id, p_workflow, p_step ->> 'step', p_step ->> 'status', coalesce(p_step -> 'state', '{}'),
          v_now + make_interval(secs => (p_step ->> 'wait_s')::double precision),
          v_now + make_interval(secs => (p_step ->> 'remind_s')::double precision), v_now, v_now)
  on conflict do nothing
  returning * into v_workflow;
  if v_workflow.id is null then
    if exists (select from app.workflow_states where shard = p_shard and id = p_id and conversation_id = p_conversation_id) then
      return p_id;
    end if;
    raise exception sqlstate 'SB409'
      using message = format('a workflow %s is open in conversation %s', p_workflow, p_conversation_id), hint = 'advance it, or cancel it first';
  end if;

  perform app.note_workflow_step(v_workflow, p_turn_id);
  if not coalesce((p_step ->> 'passes')::boolean, false) then
    perform app.set_workflow_timer(v_workflow);
  end if;
  return p_id;
end;
$$;

revoke execute on function app.start_workflow from public;
grant execute on function app.start_workflow to service_role;
