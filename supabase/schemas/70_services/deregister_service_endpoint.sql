-- Forgets a running copy of a service. Idempotent. Called by: the agent service when it stops in order.
create function app.deregister_service_endpoint (
  p_service text,
  p_url     text
)
  returns void
  language sql
  set search_path = ''
as $$
  delete from app.service_endpoints where service = p_service and url = p_url;
$$;

revoke execute on function app.deregister_service_endpoint from public;
grant execute on function app.deregister_service_endpoint to service_role;
