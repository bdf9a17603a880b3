-- The first p_limit lanes of a queue in one stretch of an index, for people to see: `due`, `later` (backing off or
-- resting), `leased`, `expired` or `parked`, in the order of their times; parked ones by tenant. Whatever the queue's
-- depth, it reads no more than the rows that it gives, ten times as many (a tenant's ten priorities), or, for
-- leases of one tenant, the first 10,000 leases.
-- p_tenant_id: null: any. p_from: not before then. Called by: busy_tenants, list_lanes.
create function app.look_at_lanes (
  p_shard     smallint,
  p_queue     app.queue_name,
  p_tenant_id uuid,
  p_stretch   text,
  p_limit     integer,
  p_from      timestamptz default '-infinity'
)
  returns setof app.queue_ready
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  v_now  timestamptz := app.now();
  v_from timestamptz := case when p_stretch in ('later', 'leased') then greatest(p_from, v_now + interval '1 microsecond') else p_from end;
  v_to   timestamptz := case when p_stretch in ('later', 'leased') then 'infinity' else v_now end;
begin
  if p_stretch = 'parked' then
    return query
    select r.* from app.queue_ready r
     where r.shard = p_shard and r.queue = p_queue and r.parked_at is not null
       and r.tenant_id between coalesce(p_tenant_id, '00000000-0000-0000-0000-000000000000')
                           and coalesce(p_tenant_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
     order by r.tenant_id
     limit p_limit;
  elsif p_stretch in ('leased', 'expired') then
    return query
    select l.*
      from (select r.* from app.queue_ready r
             where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null and r.at between v_from and v_to
             order by r.at
             limit case when p_tenant_id is null then p_limit else 10000 end) as l
     where p_tenant_id is null or l.tenant_id = p_tenant_id
     limit p_limit;
  elsif p_tenant_id is null then
    return query
    select r.* from app.queue_ready r
     where r.shard = p_shard and r.queue = p_queue and r.leased_by is null and r.at < 'infinity' and r.at between v_from and v_to
     order by r.at
     limit p_limit;
  else
    return query
    select l.*
      from generate_series(0, 9) as p (priority)
      cross join lateral (
        select r.* from app.queue_ready r
         where r.shard = p_shard and r.queue = p_queue and r.tenant_id = p_tenant_id and r.priority = p.priority
           and r.leased_by is null and r.parked_at is null and r.at between v_from and v_to
         order by r.at
         limit p_limit) as l
     order by l.at, l.priority
     limit p_limit;
  end if;
end;
$$;

revoke execute on function app.look_at_lanes from public;
grant execute on function app.look_at_lanes to service_role;
