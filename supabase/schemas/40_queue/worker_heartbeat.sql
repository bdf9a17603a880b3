-- Registers a worker process, or says that it is alive. Forgets workers that have been silent for an hour.
-- Idempotent. Called by: the runner every few seconds, the queue-worker function once a run.
create function app.worker_heartbeat (
  p_id     text,
  p_kind   text,
  p_detail jsonb default '{}'
)
  returns void
  language sql
  set search_path = ''
as $$
  delete from app.workers where heartbeat_at < app.now() - interval '1 hour';
  insert into app.workers (id, kind, detail, started_at, heartbeat_at)
  values (p_id, p_kind, p_detail, app.now(), app.now())
  on conflict (id) do update set detail = excluded.detail, heartbeat_at = excluded.heartbeat_at;
$$;

revoke execute on function app.worker_heartbeat from public;
grant execute on function app.worker_heartbeat to service_role;
