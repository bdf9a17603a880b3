-- Makes a waiting lane claimable at once, because what it waited for has happened. A lane that is leased is left
-- alone: its worker is at it. One that a pause keeps back waits for nothing else from then on.
-- Idempotent. Locks: lane, ready. Called by: apply_outbound_status.
create function app.wake_lane (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_lane_id uuid
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform from app.queue_lane where shard = p_shard and queue = p_queue and lane_id = p_lane_id for update;

  update app.queue_ready
     set at        = case when parked_at is null then app.now() else at end,
         parked_at = least(parked_at, case when parked_at is not null then app.now() end)
   where shard = p_shard and queue = p_queue and lane_id = p_lane_id and leased_by is null and at > app.now();
  if found then
    perform app.ring_doorbell(p_queue);
  end if;
end;
$$;

revoke execute on function app.wake_lane from public;
grant execute on function app.wake_lane to service_role;
