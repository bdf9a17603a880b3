-- Removes what the queues leave behind once it is older than p_age (null: what app.retention says of it): dead letters that
-- were replayed or discarded, keys of work that is in its lane or done, statuses that never found their message, workflows that
-- have ended. Conversations,
-- messages, turns, open dead letters and scheduled work stay; finished work, facts and raw webhook items are
-- dropped by the day (drop_old_history).
-- p_limit: at most so many of each, so that it ends soon; call it again while it returns that many.
-- Returns {dead_letters, keys, orphan_statuses, workflows}. Idempotent. Locks: the rows, with skip locked.
-- Called by: sweep.
create function app.cleanup_old_messages (
  p_shard smallint,
  p_age   interval default null,
  p_limit integer  default 1000
)
  returns jsonb
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now     timestamptz := app.now();
  v_letters timestamptz; -- what is older than this goes; null keeps everything
  v_keys    timestamptz;
  v_orphans timestamptz;
  v_flows   timestamptz;
  v_counts  jsonb;
begin
  select v_now - coalesce(p_age, max(keep) filter (where what = 'queue_dead_letter')),
         v_now - coalesce(p_age, max(keep) filter (where what = 'queue_idempotency')),
         v_now - coalesce(p_age, max(keep) filter (where what = 'orphan_statuses')),
         v_now - coalesce(p_age, max(keep) filter (where what = 'workflow_states'))
    into v_letters, v_keys, v_orphans, v_flows
    from app.retention;

  with letter as (
    delete from app.queue_dead_letter d where d.shard = p_shard and d.id in (
      select x.id from app.queue_dead_letter x
       where x.shard = p_shard and (x.replayed_at is not null or x.discarded_at is not null) and x.dead_at < v_letters
         and coalesce(x.replayed_at, x.discarded_at) < v_letters
       order by x.dead_at limit p_limit for update skip locked)
    returning 1
  ), key as (
    delete from app.queue_idempotency k where k.shard = p_shard and (k.queue, k.key) in (
      select x.queue, x.key from app.queue_idempotency x
       where x.shard = p_shard and x.created_at < v_keys and x.seq is not null
       order by x.created_at limit p_limit for update skip locked)
    returning 1
  ), orphan as (
    delete from app.orphan_statuses o where (o.shard, o.account_id, o.provider_message_id, o.status) in (
      select x.shard, x.account_id, x.provider_message_id, x.status from app.orphan_statuses x
       where x.shard = p_shard and x.received_at < v_orphans order by x.received_at limit p_limit for update skip locked)
    returning 1
  ), flow as (
    delete from app.workflow_states w where w.shard = p_shard and w.id in (
      select x.id from app.workflow_states x
       where x.shard = p_shard and x.finished_at < v_flows order by x.finished_at limit p_limit for update skip locked)
    returning 1
  )
  select jsonb_build_object('dead_letters', (select count(*) from letter), 'keys', (select count(*) from key),
           'orphan_statuses', (select count(*) from orphan), 'workflows', (select count(*) from flow))
    into v_counts;
  return v_counts;
end;
$$;

revoke execute on function app.cleanup_old_messages from public;
grant execute on function app.cleanup_old_messages to service_role;
