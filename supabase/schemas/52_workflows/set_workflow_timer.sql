-- Sets the one timer of an open workflow anew: a queue message `workflow_timer` of its conversation's inbound lane, now when it
-- runs, at the time of its reminder or of its end when it waits. p_not_before: no sooner.
-- Idempotent. Locks: scheduled rows with skip locked; lane and ready of inbound when it rings at once; the caller holds the
-- workflow. Called by: start_workflow, advance_workflow, end_workflow_timers, recall_workflows, heal_workflow_timers.
create function app.set_workflow_timer (
  p_workflow   app.workflow_states,
  p_not_before timestamptz default '-infinity'
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now  timestamptz := app.now();
  v_kind text := case when p_workflow.status = 'running' then 'continue'
                      when p_workflow.remind_at < coalesce(p_workflow.expires_at, 'infinity') then 'remind'
                      when p_workflow.expires_at is not null then 'timeout' end;
  v_at   timestamptz := greatest(p_not_before, v_now, case v_kind when 'remind' then p_workflow.remind_at when 'timeout' then p_workflow.expires_at end);
  v_key  text := format('workflow:%s:%s:%s', p_workflow.id, p_workflow.version, gen_random_uuid());
begin
  perform app.drop_workflow_timer(p_workflow);
  if v_kind is null then
    v_at := null;
    v_key := null;
  else
    perform app.enqueue_message(p_workflow.shard, 'inbound', p_workflow.conversation_id, p_workflow.tenant_id, 'workflow_timer',
      jsonb_build_object('workflow_id', p_workflow.id, 'version', p_workflow.version, 'timer', v_kind),
      p_correlation_id => format('workflow:%s:%s', p_workflow.id, p_workflow.version), p_idempotency_key => v_key, p_run_at => v_at);
  end if;
  update app.workflow_states set wake_at = v_at, timer_key = v_key where shard = p_workflow.shard and id = p_workflow.id;
end;
$$;

revoke execute on function app.set_workflow_timer from public;
grant execute on function app.set_workflow_timer to service_role;
