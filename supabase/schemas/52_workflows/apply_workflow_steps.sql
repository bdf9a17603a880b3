-- Commits the workflow steps of an answer, in their order. p_steps: [{id, name, version, step, status, state, wait_s, remind_s,
-- error}]; version: the one before the step, 0 begins a workflow. Of several steps of one workflow only the last one
-- sets a timer.
-- Raises what start_workflow, advance_workflow and finish_workflow raise. Locks: the workflows, then as set_workflow_timer.
-- Called by: complete_turn.
create function app.apply_workflow_steps (
  p_shard           smallint,
  p_conversation_id uuid,
  p_turn_id         uuid,
  p_steps           jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_step jsonb;
begin
  for v_step in
    select s.step || jsonb_build_object('passes', lead(true) over (partition by s.step ->> 'id' order by s.ordinal) is not null)
      from jsonb_array_elements(p_steps) with ordinality as s (step, ordinal) order by s.ordinal
  loop
    if (v_step ->> 'version')::integer = 0 then
      perform app.start_workflow(p_shard, p_conversation_id, v_step ->> 'name', v_step, (v_step ->> 'id')::uuid, p_turn_id);
    elsif v_step ->> 'status' in ('waiting', 'running') then
      perform app.advance_workflow(p_shard, (v_step ->> 'id')::uuid, (v_step ->> 'version')::integer, v_step, p_turn_id);
    else
      perform app.finish_workflow(p_shard, (v_step ->> 'id')::uuid, (v_step ->> 'version')::integer, v_step, p_turn_id);
    end if;
  end loop;
end;
$$;

revoke execute on function app.apply_workflow_steps from public;
grant execute on function app.apply_workflow_steps to service_role;
