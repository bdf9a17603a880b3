-- Whether a runner gave a sign of life within the last 15 seconds. Without one, the doors start the queue-worker
-- function themselves. plpgsql, because up to Postgres 17 an SQL function is planned anew in every transaction.
-- Called by: ingest_events, readiness.
create function app.runner_is_alive ()
  returns boolean
  language plpgsql
  volatile
  set search_path = ''
as $$
begin
  return exists (select from app.workers where kind = 'runner' and heartbeat_at > app.now() - interval '15 seconds');
end;
$$;

revoke execute on function app.runner_is_alive from public;
grant execute on function app.runner_is_alive to service_role;
