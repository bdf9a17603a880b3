-- Locks lanes that are due: of each tenant up to its share, the tenants in their order, within a tenant the greater
-- priority first (p_low: the lesser one), then the longest waiting; p_limit in all.
-- p_after: as for pick_lanes. p_not: ready rows that are locked already.
-- rows, owners: the lanes' ready rows, none twice, and the tenant of each.
-- Locks: ready rows with skip locked. Called by: pick_lanes_fairly.
create function app.lock_due_lanes (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_tenants uuid[],
  p_shares  integer[],
  p_limit   integer,
  p_low     boolean,
  p_after   timestamptz default '-infinity',
  p_not     tid[]    default '{}',
  out rows   tid[],
  out owners uuid[]
)
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  v_now   timestamptz := app.now();
  v_first integer := case when p_low then 0 else 9 end;
begin
  select coalesce(array_agg(x.ctid), '{}'), coalesce(array_agg(x.tenant_id), '{}')
    into rows, owners
    from (
      select d.ctid, s.tenant_id
        from unnest(p_tenants, p_shares) as s (tenant_id, share)
        cross join lateral (
          select r.ctid
            from generate_series(v_first, 9 - v_first, case when p_low then 1 else -1 end) as p (priority)
            cross join lateral (
              select r.ctid
                from app.queue_ready r
               where r.shard = p_shard and r.queue = p_queue and r.tenant_id = s.tenant_id and r.priority = p.priority
                 and r.at <= (select v_now) and r.at >= p_after and r.leased_by is null and r.parked_at is null and r.ctid <> all (p_not)
               order by r.at
               limit s.share
                 for update skip locked) as r
           limit s.share) as d
       limit p_limit) as x;
end;
$$;

revoke execute on function app.lock_due_lanes from public;
grant execute on function app.lock_due_lanes to service_role;
