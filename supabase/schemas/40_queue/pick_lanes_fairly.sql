-- Shares p_lanes lanes out among the tenants that have lanes due: each gets its part by weight, whoever has had the least
-- so far comes first, and within a tenant the greater priority, then the longest waiting; every 16th claim turns the
-- priorities round, so that the least one moves on too. What is left over goes to those without a cap in the same order.
-- A tenant without work saves nothing up: it comes back at most 64 lanes (by weight) behind the others.
-- Looks at a bounded number of tenants and lanes, however many wait.
-- p_known: tenants with lanes due, to look at in any case. p_after: as for pick_lanes.
-- Returns ready rows; null when there are none.
-- Locks: the turns of capped tenants only when they are free, ready rows with skip locked, then the turns of those that
-- were served, when free. Called by: pick_lanes.
create function app.pick_lanes_fairly (
  p_shard smallint,
  p_queue app.queue_name,
  p_lanes integer,
  p_known uuid[],
  p_after timestamptz default '-infinity'
)
  returns tid[]
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
as $$
declare
  v_turn    bigint := nextval('app.queue_turn');
  v_due     uuid[] := p_known || app.due_tenants(p_shard, p_queue,
    app.visit_tenants(p_shard, p_queue, v_turn, p_known, greatest(8, least(p_lanes, 32) - cardinality(p_known))));
  v_room    jsonb := app.tenant_room(p_shard, p_queue, v_due);
  v_share   integer[];
  v_pass    double precision[];
  v_weight  integer[];
  v_picked  record;
  v_more    record;
begin
  with turn as (
    select d.id, coalesce((v_room ->> d.id::text)::integer, p_lanes) as room,
           coalesce((select t.weight from public.tenants t where t.id = d.id), 1) as weight,
           coalesce((select q.pass from app.queue_tenant q
                      where q.shard = p_shard and q.queue = p_queue and q.tenant_id = d.id), 0) as pass
      from unnest(v_due) as d (id)
  ), share as (
    select t.id, t.weight, greatest(t.pass, max(t.pass) over () - 64.0 / t.weight) as pass,
           least(t.room, ceil(p_lanes * t.weight / sum(t.weight) over ()))::integer as share
      from turn t where t.room > 0
  )
  select array_agg(s.id order by s.pass, s.id), array_agg(s.share order by s.pass, s.id),
         array_agg(s.pass order by s.pass, s.id), array_agg(s.weight order by s.pass, s.id)
    into v_due, v_share, v_pass, v_weight
    from share s;

  v_picked := app.lock_due_lanes(p_shard, p_queue, v_due, v_share, p_lanes, v_turn % 16 = 0, p_after);
  if cardinality(v_due) > 1 and cardinality(v_picked.rows) < p_lanes then
    v_share := array(select case when v_room ? d.id::text then 0 else p_lanes end from unnest(v_due) with ordinality as d (id, n) order by d.n);
    v_more := app.lock_due_lanes(p_shard, p_queue, v_due, v_share, p_lanes - cardinality(v_picked.rows), v_turn % 16 = 0, p_after, v_picked.rows);
    v_picked.rows := v_picked.rows || v_more.rows;
    v_picked.owners := v_picked.owners || v_more.owners;
  end if;
  if cardinality(v_due) > 1 then
    perform app.note_turns(p_shard, p_queue, v_due, v_pass, v_weight, v_picked.owners);
  end if;
  return nullif(v_picked.rows, '{}');
end;
$$;

revoke execute on function app.pick_lanes_fairly from public;
grant execute on function app.pick_lanes_fairly to service_role;
