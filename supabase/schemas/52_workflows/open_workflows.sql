-- The open workflows of a conversation as an agent gets them, oldest first, each with the timer that has rung for it among
-- the queue messages from p_first to p_upto: [{id, name, step, status, state, version, expires_at, timer}].
-- Locks: none. Called by: start_turn.
create function app.open_workflows (
  p_shard           smallint,
  p_conversation_id uuid,
  p_first           bigint,
  p_upto            bigint
)
  returns jsonb
  language sql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'name', w.workflow, 'step', w.step, 'status', w.status, 'state', w.state,
           'version', w.version, 'expires_at', w.expires_at, 'timer', t.timer) order by w.created_at, w.id), '[]')
    from app.workflow_states w
    left join app.due_workflow_timers(p_shard, p_conversation_id, p_first, p_upto) as t on t.workflow_id = w.id
   where w.shard = p_shard and w.conversation_id = p_conversation_id and w.finished_at is null;
$$;

revoke execute on function app.open_workflows from public;
grant execute on function app.open_workflows to service_role;
