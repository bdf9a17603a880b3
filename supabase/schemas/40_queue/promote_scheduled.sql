-- Moves scheduled work whose time has come to the ends of its lanes, in the order of its times; at most p_limit pieces.
-- One caller at a time does it for a shard, so that the order holds; the others get 0 at once.
-- Returns how many were moved. Idempotent. Locks: one promoter a shard (advisory, never waited for), the scheduled rows
-- with skip locked, then as enqueue_messages, queue after queue in ascending order.
-- Called by: the workers' loop, sweep.
create function app.promote_scheduled (
  p_shard smallint,
  p_limit integer default 1000
)
  returns integer
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now      timestamptz := app.now(); -- once: a volatile function in the condition would keep the index from ending the search
  v_queue    app.queue_name;
  v_messages jsonb;
  v_moved    integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('switchboard promote_scheduled', p_shard)) then
    return 0;
  end if;

  for v_queue, v_messages in
    with due as materialized (
      select s.id from app.queue_scheduled s
       where s.shard = p_shard and s.run_at <= v_now
       order by s.run_at, s.id
       limit p_limit
         for update skip locked
    ), gone as (
      delete from app.queue_scheduled s where s.shard = p_shard and s.id = any (array(select due.id from due))
      returning s.*
    )
    select g.queue, jsonb_agg(jsonb_build_object('lane_id', g.lane_id, 'tenant_id', g.tenant_id, 'kind', g.kind, 'payload', g.payload,
             'correlation_id', g.correlation_id, 'priority', g.priority, 'promoted_key', g.idempotency_key) order by g.run_at, g.id)
      from gone g group by g.queue order by g.queue
  loop
    v_moved := v_moved + app.enqueue_messages(p_shard, v_queue, v_messages);
  end loop;
  return v_moved;
end;
$$;

revoke execute on function app.promote_scheduled from public;
grant execute on function app.promote_scheduled to service_role;
