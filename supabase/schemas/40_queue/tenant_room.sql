-- How many lanes of a queue the capped ones among p_tenants may still claim, as {"<tenant>": lanes}; who is not in it
-- has no cap. A lease that ran out counts: it is taken up again without being asked. While another claim counts for a tenant, it has no room here, so that the cap holds.
-- Locks: the turns of capped tenants, only when they are free. Called by: pick_lanes_fairly.
create function app.tenant_room (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_tenants uuid[]
)
  returns jsonb
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  v_capped uuid[];
  v_locked uuid[];
begin
  select array_agg(t.id order by t.id) into v_capped
    from public.tenants t where t.id = any (p_tenants) and t.max_concurrency is not null;
  if v_capped is null then
    return '{}';
  end if;

  insert into app.queue_tenant (shard, queue, tenant_id)
  select p_shard, p_queue, c.id from unnest(v_capped) as c (id)
  on conflict do nothing;
  select array_agg(l.tenant_id) into v_locked
    from (select q.tenant_id from app.queue_tenant q
           where q.shard = p_shard and q.queue = p_queue and q.tenant_id = any (v_capped)
             for update skip locked) as l;

  -- Counted by a statement of its own: it sees what the claim before us committed.
  return (
    select jsonb_object_agg(t.id, case when t.id = any (v_locked) then greatest(0, t.max_concurrency - (
             select count(*) from (
               select from app.queue_ready r
                where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null and r.tenant_id = t.id
                limit t.max_concurrency) as l)) else 0 end)
      from public.tenants t where t.id = any (v_capped));
end;
$$;

revoke execute on function app.tenant_room from public;
grant execute on function app.tenant_room to service_role;
