-- Writes down how much the tenants of a claim have had: to the pass of each, 1 / weight for every time that it stands in
-- p_owners. A turn that somebody else is just writing is left out: over many claims that is the same for all.
-- p_tenants, p_pass, p_weight: the tenants with their pass so far and their weight, in the same order.
-- Locks: turns, in ascending order when they are new, else only when they are free. Called by: pick_lanes_fairly.
create function app.note_turns (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_tenants uuid[],
  p_pass    double precision[],
  p_weight  integer[],
  p_owners  uuid[]
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_served uuid[];
  v_passes double precision[];
  v_free   uuid[];
begin
  select array_agg(s.id order by s.id), array_agg(s.pass + s.lanes / s.weight order by s.id)
    into v_served, v_passes
    from (
      select t.id, t.pass, t.weight, count(*)::double precision as lanes
        from unnest(p_owners) as o (tenant_id)
        join unnest(p_tenants, p_pass, p_weight) as t (id, pass, weight) on t.id = o.tenant_id
       group by t.id, t.pass, t.weight
    ) as s;

  select array_agg(f.tenant_id) into v_free
    from (select q.tenant_id from app.queue_tenant q
           where q.shard = p_shard and q.queue = p_queue and q.tenant_id = any (v_served) for update skip locked) as f;
  update app.queue_tenant q
     set pass = s.pass
    from unnest(v_served, v_passes) as s (id, pass)
   where q.shard = p_shard and q.queue = p_queue and q.tenant_id = any (v_free) and q.tenant_id = s.id;

  if coalesce(cardinality(v_free), 0) < cardinality(v_served) then
    insert into app.queue_tenant (shard, queue, tenant_id, pass)
    select p_shard, p_queue, s.id, s.pass
      from unnest(v_served, v_passes) as s (id, pass)
     where not exists (select from app.queue_tenant q where q.shard = p_shard and q.queue = p_queue and q.tenant_id = s.id)
     order by s.id
    on conflict do nothing;
  end if;
end;
$$;

revoke execute on function app.note_turns from public;
grant execute on function app.note_turns to service_role;
