-- Locks an open workflow that is still at the version that the caller knows (null: whatever it is at).
-- Raises SB404 when there is none of that id, SB409 when it has ended or went on. Locks: the workflow.
-- Called by: advance_workflow, finish_workflow.
create function app.lock_workflow (
  p_shard   smallint,
  p_id      uuid,
  p_version integer
)
  returns app.workflow_states
  language plpgsql
  set search_path = ''
as $$
declare
  v_workflow app.workflow_states;
begin
  select * into v_workflow from app.workflow_states where shard = p_shard and id = p_id for update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no workflow %s in shard %s', p_id, p_shard);
  end if;
  if v_workflow.finished_at is not null or v_workflow.version <> p_version then
    raise exception sqlstate 'SB409'
      using message = format('workflow %s is %s at version %s', p_id, v_workflow.status, v_workflow.version),
            hint = 'read it again, and decide anew';
  end if;
  return v_workflow;
end;
$$;

revoke execute on function app.lock_workflow from public;
grant execute on function app.lock_workflow to service_role;
