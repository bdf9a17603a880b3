-- Keeps back the work of a queue, of one tenant in it (p_tenant_id) or of one lane (p_lane_id) until resume_queue. What
-- is leased goes on to its end; what becomes ready meanwhile is put aside when a claim meets it.
-- p_reason: for people. Idempotent: the first reason stays. Raises SB400 when both a tenant and a lane are named.
-- Locks: the pause, then ready rows of the tenant or lane with skip locked. Called by: people.
create function app.pause_queue (
  p_shard     smallint,
  p_queue     app.queue_name,
  p_reason    text,
  p_tenant_id uuid default null,
  p_lane_id   uuid default null
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_nil   uuid := '00000000-0000-0000-0000-000000000000';
  v_lanes uuid[];
begin
  if p_tenant_id is not null and p_lane_id is not null then
    raise exception sqlstate 'SB400' using message = 'name a tenant or a lane to pause, not both';
  end if;
  insert into app.queue_pause (shard, queue, tenant_id, lane_id, reason, paused_at)
  values (p_shard, p_queue, coalesce(p_tenant_id, v_nil), coalesce(p_lane_id, v_nil), p_reason, app.now())
  on conflict do nothing;
  if p_tenant_id is null and p_lane_id is null then
    return;
  end if;

  select array_agg(x.lane_id) into v_lanes
    from (select r.lane_id from app.queue_ready r
           where r.shard = p_shard and r.queue = p_queue and r.leased_by is null and r.parked_at is null
             and (r.tenant_id = p_tenant_id or p_tenant_id is null) and (r.lane_id = p_lane_id or p_lane_id is null)
             for update skip locked) as x;
  update app.queue_ready r
     set parked_at = r.at, at = 'infinity'
   where r.shard = p_shard and r.queue = p_queue and r.lane_id = any (v_lanes);
end;
$$;

revoke execute on function app.pause_queue from public;
grant execute on function app.pause_queue to service_role;
