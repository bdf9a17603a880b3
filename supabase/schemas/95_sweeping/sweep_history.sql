-- Makes the partitions of the days to come and drops those of the days that are over: what sweep is for a shard, once for
-- the whole database. In a transaction of its own: the locks on the tables last until it ends.
-- Returns {prepared, dropped, busy, deleted}. Idempotent. Locks: those of prepare_history, then of drop_old_history.
-- Called by: the leader among the runners, the queue-worker function, pg_cron.
create function app.sweep_history ()
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
begin
  return jsonb_build_object('prepared', app.prepare_history()) || coalesce(app.drop_old_history(), '{}');
end;
$$;

revoke execute on function app.sweep_history from public;
grant execute on function app.sweep_history to service_role;
