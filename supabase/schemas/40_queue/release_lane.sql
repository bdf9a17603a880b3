-- Moves a lane's cursor to p_upto and gives the lease back: the lane goes idle when nothing is behind the cursor, else
-- it is ready at p_at (null: at once, or when the burst behind the cursor has come to rest). Numbers that were cancelled
-- are passed over.
-- p_tries: tries of the new head so far. p_max_wait: as for enqueue_message.
-- Whether there is more is decided by the lane's tail under its lock, so no wake-up is lost.
-- Raises SB400 when p_upto is past the tail: a cursor there would pass over work that is still to come.
-- Locks: none of its own; the caller holds lane and ready through assert_lease.
-- Called by: complete_queue_messages, schedule_message_retry, hold_lane, cancel_queue_messages, bury_lost_lane,
-- supersede_turn.
create function app.release_lane (
  p_ready    app.queue_ready,
  p_upto     bigint,
  p_at       timestamptz default null,
  p_tries    smallint    default 0::smallint,
  p_max_wait interval    default '0'
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now   timestamptz := app.now();
  v_tail  bigint;
  v_seq   bigint;
  v_first timestamptz;
  v_at    timestamptz;
begin
  select l.tail into v_tail
    from app.queue_lane l
   where l.shard = p_ready.shard and l.queue = p_ready.queue and l.lane_id = p_ready.lane_id;
  if p_upto > v_tail then
    raise exception sqlstate 'SB400'
      using message = format('message %s of lane %s was never enqueued', p_upto, p_ready.lane_id);
  end if;

  if p_upto < v_tail then
    select q.seq, q.enqueued_at into v_seq, v_first
      from app.message_queue q
     where q.shard = p_ready.shard and q.queue = p_ready.queue and q.lane_id = p_ready.lane_id and q.seq > p_upto
     order by q.seq
     limit 1;
  end if;
  if v_seq is null then
    update app.queue_lane l set idle_at = v_tail
     where l.shard = p_ready.shard and l.queue = p_ready.queue and l.lane_id = p_ready.lane_id;
    delete from app.queue_ready r where r.shard = p_ready.shard and r.queue = p_ready.queue and r.lane_id = p_ready.lane_id;
    return;
  end if;

  update app.queue_ready r
     set at        = coalesce(p_at, greatest(v_now, least(coalesce(r.quiet_until, v_now), v_first + p_max_wait))),
         done      = v_seq - 1,
         tries     = p_tries,
         leased_by = null,
         token     = null,
         upto      = null,
         lost      = 0,
         parked_at = null,
         burst_at  = v_first
   where r.shard = p_ready.shard and r.queue = p_ready.queue and r.lane_id = p_ready.lane_id
  returning r.at into v_at;
  if v_at <= v_now then
    perform app.ring_doorbell(p_ready.queue);
  end if;
end;
$$;

revoke execute on function app.release_lane from public;
grant execute on function app.release_lane to service_role;
