-- Takes, without waiting, the locks that giving up the work of a lane needs: they stand before the ready row, which the
-- caller holds already. Returns whether it has them all; what it got it keeps until the transaction ends.
-- Called by: bury_lost_lane.
create function app.try_lock_lane (
  p_ready app.queue_ready
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_messages uuid[];
  v_locked   integer;
begin
  perform from public.conversations
    where shard = p_ready.shard and id = p_ready.lane_id for no key update skip locked;
  if not found and exists (select from public.conversations where shard = p_ready.shard and id = p_ready.lane_id) then
    return false;
  end if;

  if p_ready.queue = 'outbound' then
    v_messages := app.outbound_ids(p_ready.shard, p_ready.lane_id, p_ready.upto);
    perform from app.outbound_message where shard = p_ready.shard and id = any (v_messages) for update skip locked;
    get diagnostics v_locked = row_count;
    if v_locked < (select count(*) from app.outbound_message where shard = p_ready.shard and id = any (v_messages)) then
      return false;
    end if;
  end if;

  perform from app.queue_lane
    where shard = p_ready.shard and queue = p_ready.queue and lane_id = p_ready.lane_id for update skip locked;
  return found;
end;
$$;

revoke execute on function app.try_lock_lane from public;
grant execute on function app.try_lock_lane to service_role;
