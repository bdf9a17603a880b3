-- How many lanes of a queue may still be leased: as many as its cap leaves; null: no cap. While another claim of a capped
-- queue is under way: none, so that the cap holds. A lease that ran out counts: it is taken up again without being asked.
-- Locks: the queue's limit, only when it is free. Called by: pick_lanes.
create function app.claim_room (
  p_shard smallint,
  p_queue app.queue_name
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_most   integer;
  v_leased integer;
begin
  select l.max_concurrency into v_most from app.queue_limits l where l.shard = p_shard and l.queue = p_queue;
  if v_most is null then
    return null;
  end if;
  perform from app.queue_limits l where l.shard = p_shard and l.queue = p_queue for update skip locked;
  if not found then
    return 0;
  end if;
  select count(*) into v_leased
    from app.queue_ready r
   where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null;
  return greatest(0, v_most - v_leased);
end;
$$;

revoke execute on function app.claim_room from public;
grant execute on function app.claim_room to service_role;
