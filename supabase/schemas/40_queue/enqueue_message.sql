-- Puts one piece of work at the end of a lane; when the lane was idle, workers that sleep are woken as the transaction
-- commits.
-- p_priority: 0 to 9; what of a tenant's work comes first. Urgent work lifts the whole lane, until it has run empty.
-- p_quiet, p_max_wait: the lane is ready p_quiet after this message, its last one, at most p_max_wait after the first of the
-- burst; both zero: at once. A lane that is leased or backing off keeps its time; quiet_until is kept for when it is back.
-- p_idempotency_key: the same key again, within a week, is the same work. Without one a second call is a second piece.
-- p_run_at: not before then; it gets its place in the lane only when its time has come (promote_scheduled).
-- Returns the sequence number, of the first call with that key; null for work that is still scheduled.
-- Raises SB409 when the key was used for other work, SB400 for a priority or a key out of range. Locks: lane, the key, ready.
-- Called by: ingest_message, enqueue_outbound_message, set_workflow_timer, replay_dead_letter.
create function app.enqueue_message (
  p_shard           smallint,
  p_queue           app.queue_name,
  p_lane_id         uuid,
  p_tenant_id       uuid,
  p_kind            text,
  p_payload         jsonb,
  p_correlation_id  text,
  p_priority        smallint    default 5::smallint,
  p_quiet           interval    default '0',
  p_max_wait        interval    default '0',
  p_idempotency_key text        default null,
  p_run_at          timestamptz default null
)
  returns bigint
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now     timestamptz := app.now();
  v_quiet   timestamptz := case when p_quiet > '0' or p_max_wait > '0' then v_now + p_quiet end;
  v_is_late boolean := coalesce(p_run_at > v_now, false);
  v_print   text;
  v_seq     bigint;
  v_idle    bigint;
  v_sooner  boolean;
begin
  if p_priority not between 0 and 9 or length(p_idempotency_key) not between 1 and 200 then
    raise exception sqlstate 'SB400'
      using message = format('priority %s is not between 0 and 9, or the idempotency key is not 1 to 200 characters long', p_priority);
  end if;

  -- The lane comes first: whoever uses the same key for the same work waits for it here, and then finds the key.
  if not v_is_late then
    insert into app.queue_lane as l (shard, queue, lane_id, tail)
    values (p_shard, p_queue, p_lane_id, 1)
    on conflict (shard, queue, lane_id) do update set tail = l.tail + 1
    returning l.tail, l.idle_at into v_seq, v_idle;
  end if;

  if p_idempotency_key is not null then
    v_print := md5(jsonb_build_array(p_tenant_id, p_lane_id, p_kind, p_payload)::text);
    insert into app.queue_idempotency (shard, queue, key, fingerprint, lane_id, seq, created_at)
    values (p_shard, p_queue, p_idempotency_key, v_print, p_lane_id, v_seq, v_now)
    on conflict do nothing;
    if not found then
      if not v_is_late then
        update app.queue_lane set tail = tail - 1 where shard = p_shard and queue = p_queue and lane_id = p_lane_id;
      end if;
      return app.known_queue_key(p_shard, p_queue, p_idempotency_key, v_print);
    end if;
  end if;

  if v_is_late then
    insert into app.queue_scheduled
      (shard, run_at, queue, lane_id, tenant_id, kind, payload, correlation_id, priority, idempotency_key)
    values (p_shard, p_run_at, p_queue, p_lane_id, p_tenant_id, p_kind, p_payload, p_correlation_id, p_priority, p_idempotency_key);
    return null;
  end if;

  insert into app.message_queue (shard, queue, lane_id, seq, tenant_id, kind, payload, correlation_id, enqueued_at)
  values (p_shard, p_queue, p_lane_id, v_seq, p_tenant_id, p_kind, p_payload, p_correlation_id, v_now);

  if v_idle = v_seq - 1 then
    insert into app.queue_ready (shard, queue, lane_id, tenant_id, priority, at, done, burst_at, quiet_until)
    values (p_shard, p_queue, p_lane_id, p_tenant_id, p_priority, coalesce(v_quiet, v_now), v_idle, v_now, v_quiet);
    perform app.ring_doorbell(p_queue);
  elsif v_quiet is not null or p_priority > (
    select r.priority from app.queue_ready r where r.shard = p_shard and r.queue = p_queue and r.lane_id = p_lane_id
  ) then
    update app.queue_ready r
       set at          = case when v_quiet is not null and r.leased_by is null and r.tries = 0 and r.parked_at is null
                              then least(v_quiet, r.burst_at + p_max_wait) else r.at end,
           quiet_until = coalesce(v_quiet, r.quiet_until),
           priority    = greatest(r.priority, p_priority)
      from (select x.at from app.queue_ready x
             where x.shard = p_shard and x.queue = p_queue and x.lane_id = p_lane_id for update) as was
     where r.shard = p_shard and r.queue = p_queue and r.lane_id = p_lane_id
    returning r.at < was.at into v_sooner;
    if v_sooner then
      perform app.ring_doorbell(p_queue); -- who sleeps, sleeps until the old time
    end if;
  end if;
  return v_seq;
end;
$$;

revoke execute on function app.enqueue_message from public;
grant execute on function app.enqueue_message to service_role;
