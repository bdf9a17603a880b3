-- Puts many pieces of work at the ends of their lanes, in the order given, and wakes the workers once. What
-- enqueue_message does for each of them one by one, as a few statements for all.
-- p_messages: [{lane_id, tenant_id, kind, payload, correlation_id, priority, idempotency_key, run_at}]; the last three
-- may be left out. promoted_key: a key that was taken when the work was scheduled. p_quiet, p_max_wait: as for
-- enqueue_message, for all.
-- Returns how many were new; those whose key was used before for the same work are not counted. Raises SB409 when a key
-- was used for other work, SB400 for a priority or a key out of range; then nothing is written.
-- Locks: the lanes in ascending order, the keys in ascending order, then the ready rows. Called by: promote_scheduled.
create function app.enqueue_messages (
  p_shard    smallint,
  p_queue    app.queue_name,
  p_messages jsonb,
  p_quiet    interval default '0',
  p_max_wait interval default '0'
)
  returns integer
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now        timestamptz := app.now();
  v_quiet      timestamptz := case when p_quiet > '0' or p_max_wait > '0' then v_now + p_quiet end;
  v_lanes      uuid[];
  v_tenants    uuid[];
  v_kinds      text[];
  v_payloads   jsonb[];
  v_traces     text[];
  v_priorities smallint[];
  v_keys       text[];
  v_prints     text[];
  v_promoted   text[];
  v_times      timestamptz[];
  v_result     record;
begin
  select array_agg(m.lane_id), array_agg(m.tenant_id), array_agg(m.kind), array_agg(m.payload), array_agg(m.correlation_id),
         array_agg(coalesce(m.priority, 5::smallint)), array_agg(m.idempotency_key), array_agg(m.promoted_key), array_agg(m.run_at),
         array_agg(case when m.idempotency_key is not null then md5(jsonb_build_array(m.tenant_id, m.lane_id, m.kind, m.payload)::text) end)
    into v_lanes, v_tenants, v_kinds, v_payloads, v_traces, v_priorities, v_keys, v_promoted, v_times, v_prints
    from jsonb_to_recordset(p_messages) as m (lane_id uuid, tenant_id uuid, kind text, payload jsonb, correlation_id text,
           priority smallint, idempotency_key text, promoted_key text, run_at timestamptz);

  if exists (select from unnest(v_priorities, v_keys) as m (priority, key) where m.priority not between 0 and 9 or length(m.key) not between 1 and 200) then
    raise exception sqlstate 'SB400' using message = 'a priority is not between 0 and 9, or an idempotency key is not 1 to 200 characters long';
  end if;

  with input as materialized (
    select m.*, coalesce(m.run_at > v_now, false) as is_late,
           row_number() over (partition by m.lane_id, coalesce(m.run_at > v_now, false) order by m.ordinal) as n,
           count(*) over (partition by m.lane_id, coalesce(m.run_at > v_now, false)) as total,
           max(m.priority) over (partition by m.lane_id, coalesce(m.run_at > v_now, false)) as urgency
      from unnest(v_lanes, v_tenants, v_kinds, v_payloads, v_traces, v_priorities, v_keys, v_prints, v_promoted, v_times) with ordinality
             as m (lane_id, tenant_id, kind, payload, correlation_id, priority, key, fingerprint, promoted, run_at, ordinal)
  ), lane as (
    insert into app.queue_lane as l (shard, queue, lane_id, tail)
    select p_shard, p_queue, i.lane_id, i.total from input i where i.n = 1 and not i.is_late order by i.lane_id
    on conflict (shard, queue, lane_id) do update set tail = l.tail + excluded.tail
    returning l.lane_id, l.tail, l.idle_at
  ), placed as materialized (
    select i.*, l.tail - i.total + i.n as seq, l.idle_at, l.idle_at = l.tail - i.total as is_idle
      from input i left join lane l on l.lane_id = i.lane_id and not i.is_late
  ), taken as materialized (
    insert into app.queue_idempotency (shard, queue, key, fingerprint, lane_id, seq, created_at)
    select distinct on (p.key collate "C") p_shard, p_queue, p.key, p.fingerprint, p.lane_id, p.seq, v_now
      from placed p where p.key is not null order by p.key collate "C", p.ordinal
    on conflict do nothing
    returning key, seq
  ), fresh as materialized (
    select p.* from placed p left join taken t on t.key = p.key and t.seq is not distinct from p.seq
     where p.key is null or t.key is not null
  ), later as (
    insert into app.queue_scheduled
      (shard, run_at, queue, lane_id, tenant_id, kind, payload, correlation_id, priority, idempotency_key)
    select p_shard, f.run_at, p_queue, f.lane_id, f.tenant_id, f.kind, f.payload, f.correlation_id, f.priority, f.key
      from fresh f where f.is_late order by f.ordinal
  ), message as (
    insert into app.message_queue (shard, queue, lane_id, seq, tenant_id, kind, payload, correlation_id, enqueued_at)
    select p_shard, p_queue, f.lane_id, f.seq, f.tenant_id, f.kind, f.payload, f.correlation_id, v_now
      from fresh f where not f.is_late order by f.lane_id, f.seq
  ), head as materialized (
    select distinct on (f.lane_id) f.lane_id, f.tenant_id, f.urgency, f.idle_at, f.is_idle from fresh f where not f.is_late order by f.lane_id
  ), woken as (
    insert into app.queue_ready (shard, queue, lane_id, tenant_id, priority, at, done, burst_at, quiet_until)
    select p_shard, p_queue, h.lane_id, h.tenant_id, h.urgency, coalesce(v_quiet, v_now), h.idle_at, v_now, v_quiet
      from head h where h.is_idle order by h.lane_id
  )
  select (select count(*) from fresh) as new,
         (select array_agg(h.lane_id) from head h where not h.is_idle) as busy,
         (select array_agg(h.urgency) from head h where not h.is_idle) as urgencies,
         array(select p.lane_id from placed p where p.is_idle and p.n = 1 and p.lane_id not in (select h.lane_id from head h) order by p.lane_id) as untouched,
         array(select f.promoted from fresh f where f.promoted is not null and not f.is_late order by f.ordinal) as promoted,
         array(select f.seq from fresh f where f.promoted is not null and not f.is_late order by f.ordinal) as seqs
    into v_result;

  if v_result.new < coalesce(cardinality(v_lanes), 0) then
    perform app.known_queue_key(p_shard, p_queue, m.key, m.fingerprint)
       from unnest(v_keys, v_prints) as m (key, fingerprint) where m.key is not null;
    -- The numbers of what was not new stay unused; a lane that got nothing stays idle.
    update app.queue_lane l set idle_at = l.tail
     where l.shard = p_shard and l.queue = p_queue and l.lane_id = any (v_result.untouched);
  end if;
  if v_result.busy is not null then
    perform app.lift_lanes(p_shard, p_queue, v_result.busy, v_result.urgencies, v_quiet, p_max_wait);
  end if;
  if v_result.promoted <> '{}' then
    perform app.note_queue_keys(p_shard, p_queue, v_result.promoted, v_result.seqs);
  end if;
  perform app.ring_doorbell(p_queue);
  return v_result.new;
end;
$$;

revoke execute on function app.enqueue_messages from public;
grant execute on function app.enqueue_messages to service_role;
