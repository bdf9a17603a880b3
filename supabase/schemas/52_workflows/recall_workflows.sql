-- Takes the workflow steps back that were committed with a turn's answer: what the turn began is gone (the customer never
-- heard of it, and the turn may begin it again), what it moved is where it was, with its timer set anew. One that somebody else
-- has ended since stays ended. Idempotent.
-- Locks: the workflows, ascending, then as set_workflow_timer. Called by: recall_answer.
create function app.recall_workflows (
  p_shard   smallint,
  p_turn_id uuid
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_workflow app.workflow_states;
  v_before   app.workflow_steps;
  v_is_new   boolean;
begin
  for v_workflow in
    select w.* from app.workflow_states w
     where w.shard = p_shard and w.id in (select s.workflow_id from app.workflow_steps s where s.shard = p_shard and s.turn_id = p_turn_id)
     order by w.id for update
  loop
    v_is_new := exists (
      select from app.workflow_steps s
       where s.shard = p_shard and s.workflow_id = v_workflow.id and s.version = 1 and s.turn_id = p_turn_id);
    continue when not v_is_new and exists (
      select from app.workflow_steps s
       where s.shard = p_shard and s.workflow_id = v_workflow.id and s.version = v_workflow.version and s.turn_id is distinct from p_turn_id);
    perform app.drop_workflow_timer(v_workflow);
    if v_workflow.status = 'failed' then
      perform app.resolve_task(p_shard, v_workflow.tenant_id, 'workflow_failed', v_workflow.id::text, 'system', 'the answer was taken back');
    end if;
    if v_is_new then
      delete from app.workflow_states where shard = p_shard and id = v_workflow.id;
      continue;
    end if;
    delete from app.workflow_steps where shard = p_shard and workflow_id = v_workflow.id and turn_id = p_turn_id;
    select * into strict v_before from app.workflow_steps where shard = p_shard and workflow_id = v_workflow.id order by version desc limit 1;
    update app.workflow_states
       set version = v_before.version, step = v_before.step, status = v_before.status, state = v_before.state, error = v_before.error,
           expires_at = v_before.expires_at, remind_at = v_before.remind_at, wake_at = null, timer_key = null,
           updated_at = app.now(), finished_at = null
     where shard = p_shard and id = v_workflow.id
    returning * into strict v_workflow;
    perform app.set_workflow_timer(v_workflow);
  end loop;
end;
$$;

revoke execute on function app.recall_workflows from public;
grant execute on function app.recall_workflows to service_role;
