-- Looks again, under their locks, at lanes that seemed to run empty and whose tail was further than that: more had come, or
-- the numbers at their end were cancelled. The latter are marked idle.
-- p_lanes, p_uptos, p_nexts, p_firsts: the lanes of complete_queue_lanes, in ascending order, with what is behind p_upto;
-- p_idle: those without a next one that are settled already.
-- nexts, firsts: the same lists, brought up to date. Raises SB400 when a p_upto was never enqueued.
-- Locks: lanes in ascending order. Called by: complete_queue_lanes.
create function app.recheck_lanes (
  p_shard  smallint,
  p_queue  app.queue_name,
  p_lanes  uuid[],
  p_uptos  bigint[],
  p_nexts  bigint[],
  p_firsts timestamptz[],
  p_idle   uuid[],
  out nexts  bigint[],
  out firsts timestamptz[]
)
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_nestloop = off
  set enable_mergejoin = off
as $$
declare
  v_open  uuid[] := array(select x.lane_id from unnest(p_lanes, p_nexts) as x (lane_id, next)
                           where x.next is null and x.lane_id <> all (coalesce(p_idle, '{}')));
  v_wrong record;
begin
  perform from app.queue_lane l
    where l.shard = p_shard and l.queue = p_queue and l.lane_id = any (v_open) order by l.lane_id for update;

  -- Statements of their own: they see what was committed while the one before waited for lanes.
  select x.lane_id, x.upto into v_wrong
    from unnest(p_lanes, p_uptos) as x (lane_id, upto)
    join app.queue_lane l on l.shard = p_shard and l.queue = p_queue and l.lane_id = x.lane_id
   where l.lane_id = any (v_open) and x.upto > l.tail
   limit 1;
  if found then
    raise exception sqlstate 'SB400'
      using message = format('message %s of lane %s was never enqueued', v_wrong.upto, v_wrong.lane_id);
  end if;

  select array_agg(coalesce(x.next, m.seq) order by x.n), array_agg(coalesce(x.first, m.enqueued_at) order by x.n)
    into nexts, firsts
    from unnest(p_lanes, p_uptos, p_nexts, p_firsts) with ordinality as x (lane_id, upto, next, first, n)
    left join lateral (
      select q.seq, q.enqueued_at from app.message_queue q
       where q.shard = p_shard and q.queue = p_queue and q.lane_id = x.lane_id and q.seq > x.upto
       order by q.seq limit 1) as m on x.lane_id = any (v_open);

  update app.queue_lane l
     set idle_at = l.tail
    from unnest(p_lanes, nexts) as x (lane_id, next)
   where x.next is null and l.lane_id = any (v_open) and l.shard = p_shard and l.queue = p_queue and l.lane_id = x.lane_id;
end;
$$;

revoke execute on function app.recheck_lanes from public;
grant execute on function app.recheck_lanes to service_role;
