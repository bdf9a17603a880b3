-- One step of a worker's loop in one transaction: gives back what is done (complete_queue_lanes), then claims more
-- (get_next_queue_message). Lanes with more behind them stay in hand, under a new lease, when nobody else waits for a
-- worker and nothing is paused: that is one write instead of two.
-- p_done_*: the lanes that are done, as for complete_queue_lanes; stale ones among them are passed over: somebody else
-- has them. The other parameters and what it returns: as for get_next_queue_message; no more than p_lanes in all.
-- Raises SB400 and 40001 as complete_queue_lanes does. Locks: as both, one after the other. Called by: workers with batches.
create function app.next_queue_messages (
  p_shard       smallint,
  p_queue       app.queue_name,
  p_worker      text,
  p_lanes       integer,
  p_per_lane    integer,
  p_lease       interval,
  p_done_tokens bigint[],
  p_done_uptos  bigint[],
  p_after       timestamptz default '-infinity',
  p_max_claims  integer     default 20
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
as $$
declare
  v_now  timestamptz := app.now();
  v_keep boolean;
  v_done record;
  v_kept integer := 0;
begin
  if cardinality(p_done_tokens) > 0 then
    v_keep := p_lanes >= cardinality(p_done_tokens)
      and not exists (select from app.queue_pause p where p.shard = p_shard and p.queue = p_queue)
      and not exists (select from app.queue_ready r
                       where r.shard = p_shard and r.queue = p_queue and r.at <= v_now and r.at >= p_after and r.at < 'infinity' and r.leased_by is null)
      and not exists (select from app.queue_ready r
                       where r.shard = p_shard and r.queue = p_queue and r.at <= v_now and r.leased_by is not null and r.token <> all (p_done_tokens));
    v_done := app.complete_queue_lanes(p_shard, p_queue, p_done_tokens, p_done_uptos,
      p_worker => case when v_keep then p_worker end, p_lease => p_lease, p_per_lane => p_per_lane);
    v_kept := coalesce(cardinality(v_done.kept_lanes), 0);
    if v_kept > 0 then
      return query
      select s.lane_id, s.token, 1::smallint, null::timestamptz, m.tenant_id, m.seq, m.kind, m.payload, m.correlation_id, m.enqueued_at
        from unnest(v_done.kept_lanes, v_done.kept_tokens, v_done.kept_dones) as s (lane_id, token, done)
        cross join lateral (
          select q.tenant_id, q.seq, q.kind, q.payload, q.correlation_id, q.enqueued_at
            from app.message_queue q
           where q.shard = p_shard and q.queue = p_queue and q.lane_id = s.lane_id and q.seq > s.done and q.seq <= s.done + p_per_lane
           order by q.seq
           limit p_per_lane) as m;
    end if;
  end if;

  if p_lanes > v_kept then
    return query
    select * from app.get_next_queue_message(p_shard, p_queue, p_worker, p_lanes - v_kept, p_per_lane, p_lease, p_max_claims, p_after);
  end if;
end;
$$;

revoke execute on function app.next_queue_messages from public;
grant execute on function app.next_queue_messages to service_role;
