-- The lanes with work of a shard, a page at a time, for people to see: where each stands, who holds it, and what is at
-- its head. No payloads and no personal data. In `public`, because it is read through the API; for the service role only.
-- p_queue, p_tenant_id: null: any. p_state: a state as lane_state names it; null: the first p_limit of each kind, without
-- a next page. p_from, p_skip: as `next` of the page before. Looking for one of resting and backing_off, it passes over at most
-- 2,000 of the other; then the page is short, and `next` goes on from there.
-- Returns {now, lanes: [...], next: {from, skip} | null}; a lane's at: when it becomes claimable, or its lease ends.
-- Raises SB400. Called by: packages/simulator, over POST /rest/v1/rpc/list_lanes.
create function public.list_lanes (
  p_shard     smallint    default 0,
  p_queue     text        default null,
  p_tenant_id uuid        default null,
  p_state     text        default null,
  p_limit     integer     default 50,
  p_from      timestamptz default null,
  p_skip      integer     default 0
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now       timestamptz := app.now();
  v_is_later  boolean := coalesce(p_state in ('resting', 'backing_off'), false);
  v_window    integer := p_skip + case when v_is_later then 2000 else p_limit end;
  v_stretches text[] := case when p_state is null then array['expired', 'leased', 'later', 'due', 'parked']
                             when v_is_later then array['later'] else array[p_state] end;
  v_lanes     jsonb;
  v_next      jsonb;
begin
  if p_state not in ('due', 'resting', 'backing_off', 'leased', 'expired', 'parked') then
    raise exception sqlstate 'SB400' using message = format('there is no state %s of a lane', p_state);
  end if;
  if p_limit is null or p_limit not between 1 and 200 or p_skip is null or p_skip not between 0 and 10000 then
    raise exception sqlstate 'SB400' using message = 'p_limit must be between 1 and 200, p_skip between 0 and 10000';
  end if;

  with looked as materialized (
    select r.ready, (r.ready).at as at, s.nr as stretch, app.lane_state(r.ready, v_now) as state,
           row_number() over (partition by s.nr order by (r.ready).at, q.queue, r.nr) as n
      from unnest(v_stretches) with ordinality as s (stretch, nr)
      cross join unnest(case when p_queue is null then enum_range(null::app.queue_name) else array[p_queue::app.queue_name] end) as q (queue)
      cross join lateral (
        select l as ready, row_number() over () as nr
          from app.look_at_lanes(p_shard, q.queue, p_tenant_id, s.stretch, v_window + 1, coalesce(p_from, '-infinity')) as l) as r
  ), shown as materialized (
    select k.ready, k.stretch, k.state, k.n
      from looked k
     where k.n > p_skip and k.n <= v_window and (p_state is null or k.state = p_state)
     order by k.stretch, k.n
     limit case when p_state is not null then p_limit end
  ), page as (
    select case when count(*) = p_limit then max(s.n) else (select max(k.n) from looked k where k.n <= v_window) end as last from shown s
  )
  select (select coalesce(jsonb_agg(jsonb_build_object(
                   'queue', (s.ready).queue, 'lane_id', (s.ready).lane_id, 'tenant_id', (s.ready).tenant_id, 'tenant', t.slug,
                   'state', s.state, 'priority', (s.ready).priority, 'tries', (s.ready).tries, 'lost', (s.ready).lost,
                   'leased_by', (s.ready).leased_by, 'at', coalesce((s.ready).parked_at, (s.ready).at), 'oldest_at', (s.ready).burst_at,
                   'depth', l.tail - (s.ready).done, 'kind', m.kind, 'correlation_id', m.correlation_id) order by s.stretch, s.n), '[]')
            from shown s
            left join public.tenants t on t.id = (s.ready).tenant_id
            left join lateral (
              select l.tail from app.queue_lane l
               where l.shard = p_shard and l.queue = (s.ready).queue and l.lane_id = (s.ready).lane_id) as l on true
            left join lateral (
              select q.kind, q.correlation_id from app.message_queue q
               where q.shard = p_shard and q.queue = (s.ready).queue and q.lane_id = (s.ready).lane_id and q.seq > (s.ready).done
               order by q.seq limit 1) as m on true),
         (select jsonb_build_object('from', nullif(e.at, 'infinity'),
                   'skip', (select count(*) from looked k where k.n <= p.last and k.at = e.at))
            from looked e
           where e.n = p.last and p_state is not null and exists (select from looked k where k.n > p.last))
    into v_lanes, v_next
    from page p;
  return jsonb_build_object('now', v_now, 'lanes', v_lanes, 'next', case when (v_next ->> 'skip')::bigint <= 10000 then v_next end);
end;
$$;

revoke execute on function public.list_lanes from public;
grant execute on function public.list_lanes to service_role;
