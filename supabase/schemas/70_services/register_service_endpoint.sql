-- Registers a running copy of a service, or says that it is alive. A copy that starts anew (p_started) begins with a closed
-- breaker and unknown health; a heartbeat changes neither. Forgets copies that have been silent for an hour.
-- Idempotent. Raises 23503 when the service is not registered. Called by: the agent service.
create function app.register_service_endpoint (
  p_service text,
  p_url     text,
  p_started boolean default false
)
  returns void
  language sql
  set search_path = ''
as $$
  delete from app.service_endpoints where heartbeat_at < app.now() - interval '1 hour' and service = p_service and url <> p_url;
  insert into app.service_endpoints as e (service, url, breaker_changed_at, registered_at, heartbeat_at)
  values (p_service, p_url, app.now(), app.now(), app.now())
  on conflict (service, url) do update
    set heartbeat_at       = excluded.heartbeat_at,
        registered_at      = case when p_started then excluded.registered_at else e.registered_at end,
        health             = case when p_started then 'unknown' else e.health end,
        breaker            = case when p_started then 'closed' else e.breaker end,
        breaker_changed_at = case when p_started then excluded.breaker_changed_at else e.breaker_changed_at end,
        last_error         = case when p_started then null else e.last_error end;
$$;

revoke execute on function app.register_service_endpoint from public;
grant execute on function app.register_service_endpoint to service_role;
