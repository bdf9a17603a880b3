-- Heals what nobody would come back to, at most p_limit lanes of each kind: lanes that a worker holds which was not heard
-- of for two minutes and whose lease would still last for more than one; lanes marked ready without a message (taken out
-- by hand); lanes put aside by a pause that is no more.
-- p_window: lanes without a message are looked for among so many, from a random one on, so that a million
-- lanes that wait cost no more than a few thousand; with more lanes than that, such a lane is found by one of the next calls.
-- Returns what was healed, a row each: what, queue, lane. Idempotent. Locks: ready rows with skip locked, then the lane
-- only when it is free. Called by: sweep.
create function app.cleanup_stuck_webhook_conversations (
  p_shard  smallint,
  p_limit  integer default 100,
  p_window integer default 1000
)
  returns table (healed text, queue app.queue_name, lane_id uuid)
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now   timestamptz := app.now();
  v_nil   uuid := '00000000-0000-0000-0000-000000000000';
  v_from  uuid := gen_random_uuid();
  v_ready app.queue_ready;
begin
  return query
  with stuck as materialized (
    select r.ctid as place from app.queue_ready r
     where r.shard = p_shard and r.leased_by is not null and r.at > v_now + interval '1 minute'
       and not exists (select from app.workers w where w.id = r.leased_by and w.heartbeat_at > v_now - interval '2 minutes')
     limit p_limit for update skip locked
  )
  update app.queue_ready r set at = v_now
   where r.ctid = any (array(select s.place from stuck s))
  returning 'worker gone', r.queue, r.lane_id;

  -- From one tenant with lanes put aside to the next: a tenant that is paused is one step, however many lanes it has.
  return query
  with recursive parked as (
    (select r.queue, r.tenant_id from app.queue_ready r
      where r.shard = p_shard and r.parked_at is not null order by r.queue, r.tenant_id limit 1)
    union all
    select next.* from parked p cross join lateral (
      select r.queue, r.tenant_id from app.queue_ready r
       where r.shard = p_shard and r.parked_at is not null and (r.queue, r.tenant_id) > (p.queue, p.tenant_id)
       order by r.queue, r.tenant_id limit 1) as next
  ), stuck as materialized (
    select found.* from parked p cross join lateral (
      select r.ctid as place from app.queue_ready r
       where r.shard = p_shard and r.queue = p.queue and r.tenant_id = p.tenant_id and r.parked_at is not null
         and not exists (select from app.queue_pause x where x.shard = p_shard and x.queue = r.queue and x.lane_id = r.lane_id)
       limit p_limit for update skip locked) as found
     where not exists (select from app.queue_pause x where x.shard = p_shard and x.queue = p.queue
                        and x.tenant_id in (v_nil, p.tenant_id) and x.lane_id = v_nil)
     limit p_limit
  )
  update app.queue_ready r set at = r.parked_at, parked_at = null
   where r.ctid = any (array(select s.place from stuck s))
  returning 'pause gone', r.queue, r.lane_id;

  for v_ready in
    with empty as materialized (
      select w.queue, w.lane_id
        from (
          (select x.* from app.queue_ready x where x.shard = p_shard and x.lane_id >= v_from order by x.lane_id limit p_window)
          union all
          (select x.* from app.queue_ready x where x.shard = p_shard and x.lane_id < v_from order by x.lane_id limit p_window)
          limit p_window
        ) as w
       where (w.leased_by is null or w.at <= v_now)
         and not exists (select from app.message_queue m
                          where m.shard = p_shard and m.queue = w.queue and m.lane_id = w.lane_id and m.seq > w.done)
       limit p_limit
    )
    select r.* from empty e join app.queue_ready r on r.shard = p_shard and r.queue = e.queue and r.lane_id = e.lane_id
     where (r.leased_by is null or r.at <= v_now)
       and not exists (select from app.message_queue m
                        where m.shard = p_shard and m.queue = r.queue and m.lane_id = r.lane_id and m.seq > r.done)
       for update of r skip locked
  loop
    if app.try_lock_lane(v_ready) then
      perform app.release_lane(v_ready, v_ready.done);
      return query select 'no message', v_ready.queue, v_ready.lane_id;
    end if;
  end loop;
end;
$$;

revoke execute on function app.cleanup_stuck_webhook_conversations from public;
grant execute on function app.cleanup_stuck_webhook_conversations to service_role;
