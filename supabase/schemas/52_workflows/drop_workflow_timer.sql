-- Takes back the timer of a workflow that has not rung. One that is just being moved into its lane is left to ring in vain:
-- it names a version that is gone. Idempotent. Locks: the scheduled row and its key, with skip locked; the caller holds the
-- workflow. Called by: set_workflow_timer, finish_workflow, recall_workflows.
create function app.drop_workflow_timer (p_workflow app.workflow_states)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
begin
  delete from app.queue_scheduled s
   where s.shard = p_workflow.shard and s.id in (
     select x.id from app.queue_scheduled x
      where x.shard = p_workflow.shard and x.queue = 'inbound' and x.idempotency_key = p_workflow.timer_key
        for update skip locked);
  if found then
    delete from app.queue_idempotency where shard = p_workflow.shard and queue = 'inbound' and key = p_workflow.timer_key;
  end if;
end;
$$;

revoke execute on function app.drop_workflow_timer from public;
grant execute on function app.drop_workflow_timer to service_role;
