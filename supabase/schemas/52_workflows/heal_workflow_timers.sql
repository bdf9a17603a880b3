-- Sets timers anew that should have rung 15 minutes ago and are neither scheduled nor in their lane: their queue message went
-- to the dead letters, or was cancelled. Returns how many. Idempotent.
-- Locks: the workflows, with skip locked, then as set_workflow_timer. Called by: sweep.
create function app.heal_workflow_timers (
  p_shard smallint,
  p_limit integer default 1000
)
  returns integer
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now      timestamptz := app.now();
  v_workflow app.workflow_states;
  v_healed   integer := 0;
begin
  for v_workflow in
    select w.* from app.workflow_states w
     where w.shard = p_shard and w.wake_at < v_now - interval '15 minutes'
       and not exists (select from app.queue_scheduled s
                        where s.shard = p_shard and s.queue = 'inbound' and s.idempotency_key = w.timer_key)
       and not exists (select from app.message_queue q
                        where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = w.conversation_id and q.kind = 'workflow_timer')
     order by w.wake_at limit p_limit for update skip locked
  loop
    perform app.set_workflow_timer(v_workflow);
    v_healed := v_healed + 1;
  end loop;
  return v_healed;
end;
$$;

revoke execute on function app.heal_workflow_timers from public;
grant execute on function app.heal_workflow_timers to service_role;
