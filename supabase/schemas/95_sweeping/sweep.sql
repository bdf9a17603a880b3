-- Sweeps a shard: moves scheduled work that is due, heals lanes that nobody would come back to, forgets leases that ran out, sets
-- timers of workflows that were lost, and removes what the queues leave behind. The same for everybody who sweeps, and never two at once.
-- p_token: of the leader that calls (app.lead); null for pg_cron, which needs none. p_limit: rows of a kind; call again while `more`.
-- Returns {promoted, healed: [{healed, queue, lane_id}], locks, timers, removed: {...}, more}; null when somebody is sweeping the shard.
-- Raises SB001 when the leader of that token is not the leader any more. Idempotent.
-- Locks: one sweeper a shard (advisory, never waited for), then those of promote_scheduled, which waits for lanes; all else is
-- taken with skip locked or only when it is free. Called by: the leader among the runners, the queue-worker function, pg_cron.
create function app.sweep (
  p_shard smallint,
  p_token bigint  default null,
  p_limit integer default 1000
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_promoted integer;
  v_healed   jsonb;
  v_locks    integer;
  v_timers   integer;
  v_removed  jsonb;
begin
  if p_token is not null and not exists (select from app.leaders where token = p_token and expires_at > app.now()) then
    raise exception sqlstate 'SB001' using message = format('the leader with token %s is not the leader any more', p_token);
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('switchboard sweep', p_shard)) then
    return null;
  end if;

  v_promoted := app.promote_scheduled(p_shard, p_limit);
  select coalesce(jsonb_agg(to_jsonb(h)), '[]') into v_healed from app.cleanup_stuck_webhook_conversations(p_shard) as h;
  v_locks := app.cleanup_stale_message_locks(p_shard, p_limit);
  v_timers := app.heal_workflow_timers(p_shard, p_limit);
  v_removed := app.cleanup_old_messages(p_shard, p_limit => p_limit);
  return jsonb_build_object('promoted', v_promoted, 'healed', v_healed, 'locks', v_locks, 'timers', v_timers, 'removed', v_removed,
    'more', p_limit <= any (array[v_promoted, v_locks] || array(select value::integer from jsonb_each_text(v_removed))));
end;
$$;

revoke execute on function app.sweep from public;
grant execute on function app.sweep to service_role;
