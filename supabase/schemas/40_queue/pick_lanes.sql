-- Locks up to p_lanes lanes of a queue for a claim: first those whose lease ran out, then those that are due. When no more
-- are due than it may take, and no tenant among them has a cap, it takes them all; else it shares them out
-- (pick_lanes_fairly).
-- p_after: nothing that is due has been so since before then, as far as the caller knows.
-- rows: the lanes' ready rows in the order in which they were picked; null when there are none. since: when the one
-- that has waited longest became due, for the next claim's p_after; null when there was none.
-- Locks: the queue's limit, only when it is free; ready rows with skip locked. Called by: get_next_queue_message.
create function app.pick_lanes (
  p_shard smallint,
  p_queue app.queue_name,
  p_lanes integer,
  p_after timestamptz default '-infinity',
  out rows  tid[],
  out since timestamptz
)
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  v_now     timestamptz := app.now();
  v_room    integer := coalesce(app.claim_room(p_shard, p_queue), p_lanes);
  v_due     integer;
  v_tenants uuid[];
  v_more    tid[];
begin
  select array_agg(d.ctid)
    into rows
    from (select r.ctid from app.queue_ready r
           where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null and r.at <= v_now
           order by r.at limit p_lanes
             for update skip locked) as d;
  v_room := least(v_room, p_lanes - coalesce(cardinality(rows), 0));
  if v_room <= 0 then
    return;
  end if;

  select count(*), array_agg(distinct d.tenant_id), min(d.at)
    into v_due, v_tenants, since
    from (select r.tenant_id, r.at from app.queue_ready r
           where r.shard = p_shard and r.queue = p_queue and r.at <= v_now and r.at >= p_after and r.at < 'infinity' and r.leased_by is null
           order by r.at limit v_room + 1) as d;
  if v_due = 0 then
    return;
  end if;

  if v_due > v_room or exists (select from public.tenants t where t.id = any (v_tenants) and t.max_concurrency is not null) then
    v_more := app.pick_lanes_fairly(p_shard, p_queue, v_room, v_tenants, p_after);
  else
    select array_agg(d.ctid)
      into v_more
      from (select r.ctid from app.queue_ready r
             where r.shard = p_shard and r.queue = p_queue and r.at <= v_now and r.at >= p_after and r.at < 'infinity' and r.leased_by is null
             order by r.at limit v_room
               for update skip locked) as d;
  end if;
  rows := rows || v_more;
end;
$$;

revoke execute on function app.pick_lanes from public;
grant execute on function app.pick_lanes to service_role;
