-- Forgets a worker process that stopped in order. Idempotent. Called by: the runner when it stops.
create function app.worker_goodbye (
  p_id text
)
  returns void
  language sql
  set search_path = ''
as $$
  delete from app.workers where id = p_id;
$$;

revoke execute on function app.worker_goodbye from public;
grant execute on function app.worker_goodbye to service_role;
