-- The timers among the queue messages of a conversation from p_first to p_upto that still count: their workflow is open and at
-- the version for which they were set. Locks: none. Called by: open_workflows, end_workflow_timers, fail_turn.
create function app.due_workflow_timers (
  p_shard   smallint,
  p_lane_id uuid,
  p_first   bigint,
  p_upto    bigint
)
  returns table (workflow_id uuid, timer text)
  language sql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
  select distinct on (w.id) w.id, q.payload ->> 'timer'
    from app.message_queue q
    join app.workflow_states w
      on w.shard = p_shard and w.id = (q.payload ->> 'workflow_id')::uuid and w.finished_at is null and w.version = (q.payload ->> 'version')::integer
   where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = p_lane_id and q.seq between p_first and p_upto and q.kind = 'workflow_timer'
   order by w.id, q.seq desc;
$$;

revoke execute on function app.due_workflow_timers from public;
grant execute on function app.due_workflow_timers to service_role;
