-- The same as tally_queue for each of p_tenants in a queue: of each, up to p_cap lanes that nobody holds and p_cap parked
-- ones, and its part of the first 10,000 leases. waiting counts the messages of the counted lanes that nobody holds.
-- Returns one row a tenant. Called by: queue_overview.
create function app.tally_tenants (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_tenants uuid[],
  p_cap     integer
)
  returns table (tenant_id uuid, tally jsonb)
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  v_now timestamptz := app.now();
begin
  return query
  with lease as materialized (
    select x.tenant_id, count(*) filter (where x.at > v_now) as leased, count(*) filter (where x.at <= v_now) as expired,
           min(x.burst_at) as oldest_at
      from (select r.tenant_id, r.at, r.burst_at from app.queue_ready r
             where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null
             order by r.at limit 10000) as x
     group by x.tenant_id
  )
  select t.id, jsonb_build_object(
           'due', f.due, 'resting', f.resting, 'backing_off', f.backing_off, 'leased', coalesce(l.leased, 0), 'expired', coalesce(l.expired, 0),
           'parked', least(p.lanes, p_cap), 'waiting', f.waiting + p.waiting,
           'oldest_at', least(f.oldest_at, l.oldest_at, p.oldest_at), 'due_since', f.due_since, 'next_at', f.next_at,
           'more', array_remove(array[case when f.lanes > p_cap then 'due' end, case when f.lanes > p_cap then 'later' end,
             case when p.lanes > p_cap then 'parked' end, case when f.lanes > p_cap or p.lanes > p_cap then 'waiting' end], null))
    from unnest(p_tenants) as t (id)
    cross join lateral (
      select count(*) as lanes, count(*) filter (where x.at <= v_now) as due,
             count(*) filter (where x.at > v_now and x.tries = 0) as resting, count(*) filter (where x.at > v_now and x.tries > 0) as backing_off,
             coalesce(sum(n.tail - x.done), 0) as waiting, min(x.burst_at) as oldest_at,
             min(x.at) filter (where x.at <= v_now) as due_since, min(x.at) filter (where x.at > v_now) as next_at
        from (select r.lane_id, r.at, r.burst_at, r.tries, r.done from app.queue_ready r
               where r.shard = p_shard and r.queue = p_queue and r.tenant_id = t.id and r.leased_by is null and r.parked_at is null
               order by r.priority, r.at limit p_cap + 1) as x
        left join app.queue_lane n on n.shard = p_shard and n.queue = p_queue and n.lane_id = x.lane_id) as f
    cross join lateral (
      select count(*) as lanes, coalesce(sum(n.tail - x.done), 0) as waiting, min(x.burst_at) as oldest_at
        from (select r.lane_id, r.burst_at, r.done from app.queue_ready r
               where r.shard = p_shard and r.queue = p_queue and r.tenant_id = t.id and r.parked_at is not null
               limit p_cap + 1) as x
        left join app.queue_lane n on n.shard = p_shard and n.queue = p_queue and n.lane_id = x.lane_id) as p
    left join lease l on l.tenant_id = t.id;
end;
$$;

revoke execute on function app.tally_tenants from public;
grant execute on function app.tally_tenants to service_role;
