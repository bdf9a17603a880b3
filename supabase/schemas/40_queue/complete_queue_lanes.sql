-- Marks the messages of many leased lanes as done, each up to its p_upto, and gives the lanes back: what
-- complete_queue_messages does for each of them, as a few statements for all.
-- p_tokens, p_uptos: of each lane, its lease and the last message that is done. p_max_wait: as for complete_queue_messages.
-- p_worker: keeps the lanes that have more behind and nothing to wait for, under a new lease of p_lease for the next
-- p_per_lane messages; null: gives all of them back. It is the caller's to know that nobody else is due.
-- stale: the tokens that were stale; nothing was written for them, the others are done. kept_*: the lanes that were kept,
-- with their new tokens and cursors.
-- Raises SB400 when a p_upto is done already or was never enqueued, 40001 when a lease passed on to somebody else in this
-- very moment: then nothing is written, and the same call tells it as stale.
-- A lane with more behind it needs no lock but its ready row's: its tail only grows. Whether one runs empty is decided
-- under its lock, so no wake-up is lost.
-- The plans are pinned, as in lift_lanes. Locks: lanes that run empty in ascending order, then ready rows.
-- Called by: next_queue_messages.
create function app.complete_queue_lanes (
  p_shard    smallint,
  p_queue    app.queue_name,
  p_tokens   bigint[],
  p_uptos    bigint[],
  p_max_wait interval default '0',
  p_worker   text     default null,
  p_lease    interval default '30 seconds',
  p_per_lane integer  default 1,
  out stale       bigint[],
  out kept_lanes  uuid[],
  out kept_tokens bigint[],
  out kept_dones  bigint[]
)
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_nestloop = off
  set enable_mergejoin = off
as $$
declare
  v_now    timestamptz := app.now();
  v_lanes  uuid[];
  v_tokens bigint[];
  v_tries  smallint[];
  v_dones  bigint[];
  v_uptos  bigint[];
  v_nexts  bigint[];
  v_firsts timestamptz[];
  v_empty  uuid[];
  v_idle   uuid[];
  v_places tid[];
  v_ours   bigint;
begin
  select array_agg(s.lane_id), array_agg(s.token), array_agg(s.tries), array_agg(s.done), array_agg(s.upto), array_agg(s.next), array_agg(s.first)
    into v_lanes, v_tokens, v_tries, v_dones, v_uptos, v_nexts, v_firsts
    from (
      select r.lane_id, r.token, r.tries, r.done, x.upto, m.seq as next, m.enqueued_at as first
        from unnest(p_tokens, p_uptos) as x (token, upto)
        join app.queue_ready r on r.shard = p_shard and r.token = any (p_tokens) and r.token = x.token and r.queue = p_queue
        left join lateral (
          select q.seq, q.enqueued_at from app.message_queue q
           where q.shard = p_shard and q.queue = p_queue and q.lane_id = r.lane_id and q.seq > x.upto
           order by q.seq limit 1) as m on true
       order by r.lane_id) as s;

  if exists (select from unnest(v_dones, v_uptos) as x (done, upto) where x.upto <= x.done) then
    raise exception sqlstate 'SB400'
      using message = (select format('message %s of lane %s is done already (cursor at %s)', x.upto, x.lane_id, x.done)
                         from unnest(v_lanes, v_dones, v_uptos) as x (lane_id, done, upto) where x.upto <= x.done limit 1);
  end if;

  -- Lanes that run empty: decided by the tail of the row as it is under its lock.
  v_empty := array(select x.lane_id from unnest(v_lanes, v_nexts) as x (lane_id, next) where x.next is null);
  if v_empty <> '{}' then
    with idle as (
      update app.queue_lane l
         set idle_at = l.tail
        from unnest(v_lanes, v_uptos, v_nexts) as x (lane_id, upto, next)
       where x.next is null and l.shard = p_shard and l.queue = p_queue and l.lane_id = any (v_empty) and l.lane_id = x.lane_id and l.tail = x.upto
      returning l.lane_id
    )
    select array_agg(i.lane_id) into v_idle from idle i;
    if coalesce(cardinality(v_idle), 0) < cardinality(v_empty) then
      select x.nexts, x.firsts into v_nexts, v_firsts
        from app.recheck_lanes(p_shard, p_queue, v_lanes, v_uptos, v_nexts, v_firsts, v_idle) x;
    end if;
  end if;

  with gone as (
    delete from app.queue_ready r
     using unnest(v_tokens, v_nexts) as x (token, next)
     where x.next is null and r.shard = p_shard and r.token = any (v_tokens) and r.token = x.token
    returning 1
  ), more as (
    update app.queue_ready r
       set at        = case when x.keep and coalesce(r.quiet_until, v_now) <= v_now then v_now + p_lease
                            else greatest(v_now, least(coalesce(r.quiet_until, v_now), x.first + p_max_wait)) end,
           done      = x.next - 1,
           tries     = case when x.keep and coalesce(r.quiet_until, v_now) <= v_now then 1 else 0 end,
           leased_by = case when x.keep and coalesce(r.quiet_until, v_now) <= v_now then p_worker end,
           token     = case when x.keep and coalesce(r.quiet_until, v_now) <= v_now then nextval('app.fencing_token') end,
           upto      = case when x.keep and coalesce(r.quiet_until, v_now) <= v_now then x.next - 1 + p_per_lane end,
           lost      = 0,
           burst_at  = x.first
      from (select y.*, p_worker is not null as keep from unnest(v_tokens, v_nexts, v_firsts) as y (token, next, first)) as x
     where x.next is not null and r.shard = p_shard and r.token = any (v_tokens) and r.token = x.token
    returning r.lane_id, r.token, r.done
  )
  select (select count(*) from gone) + count(*), array_agg(m.lane_id) filter (where m.token is not null),
         array_agg(m.token) filter (where m.token is not null), array_agg(m.done) filter (where m.token is not null)
    into v_ours, kept_lanes, kept_tokens, kept_dones
    from more m;
  if v_ours < cardinality(v_tokens) then
    raise exception sqlstate '40001' using message = 'a lease was taken over this very moment', hint = 'call again: it will count as stale';
  end if;

  -- Messages are never updated, and only who has the lease takes those that it covers, so they stay where they stand.
  select array_agg(m.place) into v_places
    from unnest(v_lanes, v_dones, v_uptos) as x (lane_id, done, upto)
    cross join lateral (
      select q.ctid as place from app.message_queue q
       where q.shard = p_shard and q.queue = p_queue and q.lane_id = x.lane_id and q.seq > x.done and q.seq <= x.upto
       order by q.seq limit 1000000) as m;
  with done as (
    delete from app.message_queue q where q.ctid = any (v_places)
    returning q.lane_id, q.seq, q.tenant_id, q.kind, q.correlation_id, q.enqueued_at
  )
  insert into app.queue_history (shard, queue, lane_id, seq, tenant_id, kind, correlation_id, tries, enqueued_at, finished_at)
  select p_shard, p_queue, d.lane_id, d.seq, d.tenant_id, d.kind, d.correlation_id, x.tries, d.enqueued_at, v_now
    from done d join unnest(v_lanes, v_tries) as x (lane_id, tries) on x.lane_id = d.lane_id;

  stale := case when cardinality(v_tokens) = cardinality(p_tokens) then '{}'
                else array(select x.token from unnest(p_tokens) as x (token) where x.token <> all (coalesce(v_tokens, '{}'))) end;
end;
$$;

revoke execute on function app.complete_queue_lanes from public;
grant execute on function app.complete_queue_lanes to service_role;
