-- Writes down what a caller found out about an endpoint. breaker_changed_at moves only when the breaker's state does.
-- An endpoint that has gone meanwhile is not brought back. Idempotent. Called by: the service registry.
create function app.report_service_endpoint (
  p_service text,
  p_url     text,
  p_health  text,
  p_breaker text,
  p_error   text default null
)
  returns void
  language sql
  set search_path = ''
as $$
  update app.service_endpoints e
     set health             = p_health,
         breaker            = p_breaker,
         breaker_changed_at = case when e.breaker = p_breaker then e.breaker_changed_at else app.now() end,
         last_error         = coalesce(left(p_error, 1000), e.last_error)
   where e.service = p_service and e.url = p_url;
$$;

revoke execute on function app.report_service_endpoint from public;
grant execute on function app.report_service_endpoint to service_role;
