-- Everything about the queues of a shard at one moment, for a page that asks again every second: the queues with their
-- lanes, limits and scheduled work, the tenants in them, pauses, workers, dead letters. Nothing is counted beyond p_cap (a
-- twentieth of it for a tenant), so its work does not grow with what waits. No payloads and no personal data. In `public`,
-- because it is read through the API; for the service role only.
-- p_tenants: how many tenants of each queue are shown; `tenants_more` says that there are others.
-- Returns {now, shard, shards, cap, queues: [{queue, pause, limit, scheduled, dead, tenants, ...tally_queue}], pauses,
-- workers, dead}. A worker is alive when it gave a sign of life within 15 seconds, as for runner_is_alive.
-- Called by: packages/simulator, over POST /rest/v1/rpc/queue_overview.
create function public.queue_overview (
  p_shard   smallint default 0,
  p_cap     integer  default 10000,
  p_tenants integer  default 12
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now  timestamptz := app.now();
  v_nil  uuid := '00000000-0000-0000-0000-000000000000';
  v_dead jsonb;
begin
  if p_cap is null or p_cap not between 10 and 100000 or p_tenants is null or p_tenants not between 1 and 200 then
    raise exception sqlstate 'SB400' using message = 'p_cap must be between 10 and 100000, p_tenants between 1 and 200';
  end if;

  select jsonb_object_agg(d.queue::text, d.letters) into v_dead
    from (select x.queue, count(*) as letters
            from (select l.queue from app.queue_dead_letter l
                   where l.shard = p_shard and l.replayed_at is null and l.discarded_at is null
                   order by l.dead_at limit p_cap + 1) as x
           group by x.queue) as d;

  return jsonb_build_object(
    'now', v_now,
    'shard', p_shard,
    'shards', (
      with recursive s as (
        select min(t.shard) as shard from public.tenants t
        union all
        select (select min(t.shard) from public.tenants t where t.shard > s.shard) from s where s.shard is not null
      )
      select coalesce(jsonb_agg(s.shard order by s.shard), '[]') from s where s.shard is not null),
    'cap', p_cap,
    'dead', (select coalesce(sum(v.value::integer), 0) from jsonb_each_text(v_dead) as v),
    'queues', (
      select jsonb_agg(jsonb_build_object(
               'queue', q.queue,
               'pause', (select jsonb_build_object('reason', p.reason, 'paused_at', p.paused_at) from app.queue_pause p
                          where p.shard = p_shard and p.queue = q.queue and p.tenant_id = v_nil and p.lane_id = v_nil),
               'limit', (select l.max_concurrency from app.queue_limits l where l.shard = p_shard and l.queue = q.queue),
               'dead', coalesce((v_dead ->> q.queue::text)::integer, 0),
               'scheduled', (select jsonb_build_object('work', count(*), 'next_at', min(s.run_at))
                               from (select s.run_at from app.queue_scheduled s where s.shard = p_shard and s.queue = q.queue
                                      order by s.run_at limit p_cap + 1) as s),
               'tenants', (
                 select coalesce(jsonb_agg(jsonb_build_object('tenant_id', t.id, 'tenant', t.slug, 'weight', t.weight, 'limit', t.max_concurrency,
                          'pause', (select jsonb_build_object('reason', p.reason, 'paused_at', p.paused_at) from app.queue_pause p
                                     where p.shard = p_shard and p.queue = q.queue and p.tenant_id = t.id and p.lane_id = v_nil))
                          || y.tally order by t.slug), '[]')
                   from app.tally_tenants(p_shard, q.queue, q.tenants[1 : p_tenants], p_cap / 20) as y
                   join public.tenants t on t.id = y.tenant_id),
               'tenants_more', cardinality(q.tenants) > p_tenants)
             || app.tally_queue(p_shard, q.queue, p_cap) order by q.nr)
        from (select n.queue, n.nr, app.busy_tenants(p_shard, n.queue, p_tenants + 1) as tenants
                from unnest(enum_range(null::app.queue_name)) with ordinality as n (queue, nr) offset 0) as q),
    'pauses', (
      select coalesce(jsonb_agg(jsonb_build_object('queue', p.queue, 'tenant_id', nullif(p.tenant_id, v_nil), 'lane_id', nullif(p.lane_id, v_nil),
               'tenant', (select t.slug from public.tenants t where t.id = p.tenant_id), 'reason', p.reason, 'paused_at', p.paused_at)
               order by p.paused_at), '[]')
        from (select p.* from app.queue_pause p where p.shard = p_shard
               order by p.shard, p.queue, p.tenant_id, p.lane_id limit 200) as p),
    'workers', (
      select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'kind', w.kind, 'started_at', w.started_at, 'heartbeat_at', w.heartbeat_at,
               'alive', w.heartbeat_at > v_now - interval '15 seconds') order by w.heartbeat_at desc, w.id), '[]')
        from (select w.* from app.workers w order by w.heartbeat_at desc limit 100) as w));
end;
$$;

revoke execute on function public.queue_overview from public;
grant execute on function public.queue_overview to service_role;
