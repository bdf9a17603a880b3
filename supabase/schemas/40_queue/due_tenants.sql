-- Those of p_tenants that have a lane due now. Called by: pick_lanes_fairly.
create function app.due_tenants (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_tenants uuid[]
)
  returns uuid[]
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  v_now timestamptz := app.now();
begin
  return array(
    select v.id
      from unnest(p_tenants) as v (id)
     where exists (
       select from generate_series(0, 9) as p (priority)
        cross join lateral (
          select from app.queue_ready r
           where r.shard = p_shard and r.queue = p_queue and r.tenant_id = v.id and r.priority = p.priority
             and r.at <= (select v_now) and r.leased_by is null and r.parked_at is null
           order by r.at
           limit 1) as r));
end;
$$;

revoke execute on function app.due_tenants from public;
grant execute on function app.due_tenants to service_role;
