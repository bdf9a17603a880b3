-- Settles the timers of a burst whose workflows the answer did not move: a reminder is over and the end of the wait is next,
-- a wait that is over times out, a step that nobody knows how to do fails. While the agent is kept from answering
-- (p_hold_until) nothing ends: the timer is set anew for then.
-- Locks: the workflows, then as set_workflow_timer. Called by: complete_turn.
create function app.end_workflow_timers (
  p_shard      smallint,
  p_lane_id    uuid,
  p_first      bigint,
  p_upto       bigint,
  p_turn_id    uuid,
  p_hold_until timestamptz default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_timer    record;
  v_workflow app.workflow_states;
begin
  for v_timer in select * from app.due_workflow_timers(p_shard, p_lane_id, p_first, p_upto) loop
    select * into strict v_workflow from app.workflow_states where shard = p_shard and id = v_timer.workflow_id for update;
    if p_hold_until is not null then
      perform app.set_workflow_timer(v_workflow, p_hold_until);
    elsif v_timer.timer = 'remind' then
      update app.workflow_states set remind_at = null where shard = p_shard and id = v_workflow.id returning * into v_workflow;
      perform app.set_workflow_timer(v_workflow);
    elsif v_timer.timer = 'timeout' then
      perform app.timeout_workflow(p_shard, v_workflow.id, v_workflow.version, p_turn_id);
    else
      perform app.finish_workflow(p_shard, v_workflow.id, v_workflow.version,
        '{"status": "failed", "error": {"code": "step_unknown", "message": "the agent does not know this step"}}', p_turn_id);
    end if;
  end loop;
end;
$$;

revoke execute on function app.end_workflow_timers from public;
grant execute on function app.end_workflow_timers to service_role;
