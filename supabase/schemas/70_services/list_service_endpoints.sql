-- Every running copy of every service with its state. Called by: the service registry.
create function app.list_service_endpoints ()
  returns table (
    service            text,
    kind               text,
    timeout_ms         integer,
    max_attempts       smallint,
    url                text,
    health             text,
    breaker            text,
    breaker_changed_at timestamptz,
    heartbeat_at       timestamptz,
    last_error         text
  )
  language sql
  stable
  set search_path = ''
as $$
  select s.name, s.kind, s.timeout_ms, s.max_attempts, e.url, e.health, e.breaker, e.breaker_changed_at, e.heartbeat_at, e.last_error
    from app.services s
    join app.service_endpoints e on e.service = s.name
   order by s.name, e.url;
$$;

revoke execute on function app.list_service_endpoints from public;
grant execute on function app.list_service_endpoints to service_role;
