-- Commits the next step of an open workflow. p_version: the version that the caller knows.
-- p_step: {step, status, state, wait_s, remind_s}. `waiting`: for the customer, at most wait_s seconds (none: without a
-- limit), with a reminder after remind_s. `running`: the step is done next, at once and by itself, in a turn of its own;
-- unless the workflow only `passes` by, because another step follows in the same transaction.
-- Returns the new version. Raises SB404, SB409 (it has ended or went on), 23514. Locks: the workflow, then as
-- set_workflow_timer. Called by: apply_workflow_steps.
create function app.advance_workflow (
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
  update app.workflow_states
     set version    = version + 1,
         step       = p_step ->> 'step',
         status     = p_step ->> 'status',
         state      = coalesce(p_step -> 'state', state),
         expires_at = v_now + make_interval(secs => (p_step ->> 'wait_s')::double precision),
         remind_at  = v_now + make_interval(secs => (p_step ->> 'remind_s')::double precision),
         updated_at = v_now
   where shard = p_shard and id = p_id
  returning * into strict v_workflow;
  perform app.note_workflow_step(v_workflow, p_turn_id);
  if not coalesce((p_step ->> 'passes')::boolean, false) then
    perform app.set_workflow_timer(v_workflow);
  end if;
  return v_workflow.version;
end;
$$;

revoke execute on function app.advance_workflow from public;
grant execute on function app.advance_workflow to service_role;
