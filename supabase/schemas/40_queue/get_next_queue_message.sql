-- Claims up to p_lanes lanes of a queue and gives, for each, its head message and the burst behind it (at most
-- p_per_lane). A lane that is claimed is the worker's until the lease ends; a lane whose lease ended is claimable again
-- like any other, which is how the work of a dead worker is taken up. After p_max_claims leases in a row that ran out,
-- the burst is taken for what kills its workers: it goes to the dead letters instead.
-- Which lanes, when there are more: pick_lanes. What is paused is put aside, each lane once.
-- p_after: the `since` of a claim a moment ago. While a long transaction keeps dead index entries from being cleaned up,
-- it spares reading them; what became due with an earlier time meanwhile waits for a claim without it, so make one every
-- second.
-- Returns one row a message, in order within its lane, the lanes in the order in which they were picked; token must be
-- presented by every write under this lease. since: when the one that has waited longest became due.
-- Locks: ready rows with skip locked, and others only when they are free: never waits. Messages are read by a second
-- statement, so with a snapshot that was taken after the locks. Called by: commons/work, next_queue_messages.
create function app.get_next_queue_message (
  p_shard      smallint,
  p_queue      app.queue_name,
  p_worker     text,
  p_lanes      integer     default 1,
  p_per_lane   integer     default 50,
  p_lease      interval    default '30 seconds',
  p_max_claims integer     default 20,
  p_after      timestamptz default '-infinity'
)
  returns table (
    lane_id        uuid,
    token          bigint,
    tries          smallint,
    since          timestamptz,
    tenant_id      uuid,
    seq            bigint,
    kind           text,
    payload        jsonb,
    correlation_id text,
    enqueued_at    timestamptz
  )
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  v_now    timestamptz := app.now();
  v_nil    uuid := '00000000-0000-0000-0000-000000000000';
  v_pause  uuid[];
  v_picked record;
  v_lanes  uuid[];
  v_tokens bigint[];
  v_tries  smallint[];
  v_dones  bigint[];
  v_losts  smallint[];
  v_lost   app.queue_ready;
begin
  -- What is paused: tenants and lanes; nil for the whole queue.
  select array_agg(case when p.tenant_id = v_nil then p.lane_id else p.tenant_id end)
    into v_pause
    from app.queue_pause p where p.shard = p_shard and p.queue = p_queue;
  if v_nil = any (v_pause) then
    return;
  end if;

  loop
    v_picked := app.pick_lanes(p_shard, p_queue, p_lanes, p_after);
    exit when v_picked.rows is null;

    with leased as (
      update app.queue_ready r
         set at        = v_now + p_lease,
             leased_by = p_worker,
             token     = nextval('app.fencing_token'),
             tries     = least(r.tries, 32766) + 1,
             upto      = r.done + p_per_lane,
             lost      = case when r.leased_by is null then 0 else least(r.lost, 32766) + 1 end
        from unnest(v_picked.rows) as x (place)
       where r.ctid = x.place
         and (v_pause is null or (r.tenant_id <> all (v_pause) and r.lane_id <> all (v_pause)))
      returning r.lane_id, r.token, r.tries, r.done, r.lost
    )
    select array_agg(l.lane_id), array_agg(l.token), array_agg(l.tries), array_agg(l.done), array_agg(l.lost)
      into v_lanes, v_tokens, v_tries, v_dones, v_losts
      from leased l;

    exit when cardinality(v_lanes) = cardinality(v_picked.rows);
    exit when app.park_lanes(p_shard, p_queue, v_picked.rows) = 0 or v_lanes is not null;
  end loop;

  if p_max_claims <= any (v_losts) then
    for v_lost in
      select r.* from app.queue_ready r where r.shard = p_shard and r.token = any (v_tokens) and r.lost >= p_max_claims
    loop
      perform app.bury_lost_lane(v_lost);
    end loop;
  end if;

  return query
  select s.lane_id, s.token, s.tries, v_picked.since, m.tenant_id, m.seq, m.kind, m.payload, m.correlation_id, m.enqueued_at
    from unnest(v_lanes, v_tokens, v_tries, v_dones, v_losts) as s (lane_id, token, tries, done, lost)
    cross join lateral (
      select q.tenant_id, q.seq, q.kind, q.payload, q.correlation_id, q.enqueued_at
        from app.message_queue q
       where q.shard = p_shard and q.queue = p_queue and q.lane_id = s.lane_id and q.seq > s.done and q.seq <= s.done + p_per_lane
       order by q.seq
       limit p_per_lane
    ) as m
   where s.lost < p_max_claims;
end;
$$;

revoke execute on function app.get_next_queue_message from public;
grant execute on function app.get_next_queue_message to service_role;
