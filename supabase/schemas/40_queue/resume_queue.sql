-- Lifts a pause that pause_queue made with the same parameters: what it kept back is claimable at its own time again.
-- What another pause covers too is put aside again by the next claim.
-- Returns whether there was such a pause. Idempotent. Locks: the pause, then the ready rows that it kept back.
-- Called by: people.
create function app.resume_queue (
  p_shard     smallint,
  p_queue     app.queue_name,
  p_tenant_id uuid default null,
  p_lane_id   uuid default null
)
  returns boolean
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_nil     uuid := '00000000-0000-0000-0000-000000000000';
  v_existed boolean;
begin
  delete from app.queue_pause
   where shard = p_shard and queue = p_queue and tenant_id = coalesce(p_tenant_id, v_nil) and lane_id = coalesce(p_lane_id, v_nil);
  v_existed := found;

  if p_tenant_id is not null or p_lane_id is not null then
    update app.queue_ready r
       set at = r.parked_at, parked_at = null
     where r.shard = p_shard and r.queue = p_queue and r.parked_at is not null
       and (r.tenant_id = p_tenant_id or p_tenant_id is null) and (r.lane_id = p_lane_id or p_lane_id is null);
  end if;
  perform app.ring_doorbell(p_queue);
  return v_existed;
end;
$$;

revoke execute on function app.resume_queue from public;
grant execute on function app.resume_queue to service_role;
