-- Writes down what a workflow has just become. Locks: none; the caller holds the workflow.
-- Called by: start_workflow, advance_workflow, finish_workflow.
create function app.note_workflow_step (
  p_workflow app.workflow_states,
  p_turn_id  uuid
)
  returns void
  language sql
  set search_path = ''
as $$
  insert into app.workflow_steps
    (shard, workflow_id, version, tenant_id, step, status, state, error, expires_at, remind_at, turn_id, at)
  values (p_workflow.shard, p_workflow.id, p_workflow.version, p_workflow.tenant_id, p_workflow.step, p_workflow.status, p_workflow.state,
          p_workflow.error, p_workflow.expires_at, p_workflow.remind_at, p_turn_id, p_workflow.updated_at);
$$;

revoke execute on function app.note_workflow_step from public;
grant execute on function app.note_workflow_step to service_role;
