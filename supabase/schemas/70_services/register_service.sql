-- Creates a service or changes how it is called. Idempotent. Called by: the agent service when it starts.
create function app.register_service (
  p_name         text,
  p_kind         text,
  p_timeout_ms   integer,
  p_max_attempts integer
)
  returns void
  language sql
  set search_path = ''
as $$
  insert into app.services (name, kind, timeout_ms, max_attempts, updated_at)
  values (p_name, p_kind, p_timeout_ms, p_max_attempts, app.now())
  on conflict (name) do update
    set kind = excluded.kind, timeout_ms = excluded.timeout_ms, max_attempts = excluded.max_attempts, updated_at = excluded.updated_at;
$$;

revoke execute on function app.register_service from public;
grant execute on function app.register_service to service_role;
