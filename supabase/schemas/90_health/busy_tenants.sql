-- Up to p_limit tenants with work in a queue: half of them those with the most lanes among the first 300 of each
-- stretch of look_at_lanes, then others in the order of their ids, so that one tenant's flood does not hide the rest.
-- Called by: queue_overview.
create function app.busy_tenants (
  p_shard smallint,
  p_queue app.queue_name,
  p_limit integer
)
  returns uuid[]
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_busiest uuid[];
begin
  v_busiest := array(
    select r.tenant_id
      from unnest(array['due', 'later', 'leased', 'expired', 'parked']) as s (stretch)
      cross join lateral app.look_at_lanes(p_shard, p_queue, null, s.stretch, 300) as r
     group by r.tenant_id
     order by count(*) desc, r.tenant_id
     limit p_limit);
  return (v_busiest[1 : greatest(p_limit / 2, 1)]
      || app.visit_tenants(p_shard, p_queue, 0, v_busiest, p_limit)
      || v_busiest[greatest(p_limit / 2, 1) + 1 :])[1 : p_limit];
end;
$$;

revoke execute on function app.busy_tenants from public;
grant execute on function app.busy_tenants to service_role;
