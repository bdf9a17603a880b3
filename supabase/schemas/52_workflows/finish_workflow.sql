-- Ends an open workflow. p_version: the version that the caller knows; null: whatever it is at.
-- p_step: {status: 'completed' | 'failed' | 'timed_out' | 'cancelled', step, state, error}; what is missing stays as it was. One that
-- failed asks a person (a task `workflow_failed`).
-- Returns the last version. Raises SB404, SB409 (it has ended or went on), 23514. Locks: the workflow, the task.
-- Called by: apply_workflow_steps, timeout_workflow, cancel_workflow, fail_turn.
create function app.finish_workflow (
  p_shard   smallint,
  p_id      uuid,
  p_version integer,
  p_step    jsonb,
  p_turn_id uuid default null
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_workflow app.workflow_states := app.lock_workflow(p_shard, p_id, p_version);
begin
  perform app.drop_workflow_timer(v_workflow);
  update app.workflow_states
     set version     = version + 1,
         step        = coalesce(p_step ->> 'step', step),
         status      = p_step ->> 'status',
         state       = coalesce(p_step -> 'state', state),
         error       = case p_step ->> 'status' when 'failed' then coalesce(p_step -> 'error', '{"code": "workflow_failed"}') end,
         expires_at  = null,
         remind_at   = null,
         wake_at     = null,
         timer_key   = null,
         updated_at  = v_now,
         finished_at = v_now
   where shard = p_shard and id = p_id
  returning * into strict v_workflow;
  perform app.note_workflow_step(v_workflow, p_turn_id);

  if v_workflow.status = 'failed' then
    perform app.open_task(p_shard, v_workflow.tenant_id, 'workflow_failed', p_id::text,
      format('The workflow %s failed at its step %s (%s). Finish it with the customer.', v_workflow.workflow, v_workflow.step,
        coalesce(v_workflow.error ->> 'code', 'no code')),
      jsonb_build_object('conversation_id', v_workflow.conversation_id, 'detail', jsonb_build_object('workflow', v_workflow.workflow, 'step', v_workflow.step)));
  end if;
  return v_workflow.version;
end;
$$;

revoke execute on function app.finish_workflow from public;
grant execute on function app.finish_workflow to service_role;
