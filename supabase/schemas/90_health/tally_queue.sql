-- How many lanes of a queue are in each state, and how many messages wait in it. Nothing is counted beyond p_cap, stretch
-- by stretch of the indexes, so that its work does not grow with what waits.
-- Returns due, resting, backing_off, leased, expired, parked; waiting: messages not done; more: which stretches hold more
-- than was counted (`due`, `later` for resting and backing_off, `leased` for leased and expired, `parked`, `waiting`);
-- oldest_at: when the oldest message of the counted lanes came; due_since: since when the first lane is due; next_at: when
-- the next one will be. Called by: queue_overview.
create function app.tally_queue (
  p_shard smallint,
  p_queue app.queue_name,
  p_cap   integer
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  v_now   timestamptz := app.now();
  v_tally jsonb;
begin
  select jsonb_build_object(
           'due', least(d.lanes, p_cap), 'resting', w.resting, 'backing_off', w.backing_off, 'leased', l.leased, 'expired', l.expired,
           'parked', least(p.lanes, p_cap), 'waiting', least(m.messages, p_cap),
           'oldest_at', least(d.oldest_at, w.oldest_at, l.oldest_at, p.oldest_at), 'due_since', d.due_since, 'next_at', w.next_at,
           'more', array_remove(array[case when d.lanes > p_cap then 'due' end, case when w.lanes > p_cap then 'later' end,
             case when l.lanes > p_cap then 'leased' end, case when p.lanes > p_cap then 'parked' end,
             case when m.messages > p_cap then 'waiting' end], null))
    into v_tally
    from (select count(*) as lanes, min(x.at) as due_since, min(x.burst_at) as oldest_at
            from (select r.at, r.burst_at from app.queue_ready r
                   where r.shard = p_shard and r.queue = p_queue and r.leased_by is null and r.at < 'infinity' and r.at <= v_now
                   order by r.at limit p_cap + 1) as x) as d
    cross join (
      select count(*) as lanes, count(*) filter (where x.tries = 0) as resting, count(*) filter (where x.tries > 0) as backing_off,
             min(x.at) as next_at, min(x.burst_at) as oldest_at
        from (select r.at, r.burst_at, r.tries from app.queue_ready r
               where r.shard = p_shard and r.queue = p_queue and r.leased_by is null and r.at < 'infinity' and r.at > v_now
               order by r.at limit p_cap + 1) as x) as w
    cross join (
      select count(*) as lanes, count(*) filter (where x.at > v_now) as leased, count(*) filter (where x.at <= v_now) as expired,
             min(x.burst_at) as oldest_at
        from (select r.at, r.burst_at from app.queue_ready r
               where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null
               order by r.at limit p_cap + 1) as x) as l
    cross join (
      select count(*) as lanes, min(x.burst_at) as oldest_at
        from (select r.burst_at from app.queue_ready r
               where r.shard = p_shard and r.queue = p_queue and r.parked_at is not null
               order by r.tenant_id limit p_cap + 1) as x) as p
    cross join (
      select count(*) as messages
        from (select from app.message_queue q
               where q.shard = p_shard and q.queue = p_queue order by q.lane_id, q.seq limit p_cap + 1) as x) as m;
  return v_tally;
end;
$$;

revoke execute on function app.tally_queue from public;
grant execute on function app.tally_queue to service_role;
