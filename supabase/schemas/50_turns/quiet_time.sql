-- How long a burst waits for more after a message: not at all after a tap on a button or a list, the tenant's
-- burst_quiet_ms when the message looks complete, else burst_long_quiet_ms. Called by: ingest_message, set_media_state.
create function app.quiet_time (
  p_tenant public.tenants,
  p_type   text,
  p_text   text
)
  returns interval
  language plpgsql
  immutable
  set search_path = ''
as $$
begin
  return make_interval(secs => least(p_tenant.burst_max_wait_ms,
    case when p_type in ('button', 'interactive', 'order') then 0
         when app.looks_complete(p_type, p_text) then p_tenant.burst_quiet_ms
         else greatest(p_tenant.burst_quiet_ms, p_tenant.burst_long_quiet_ms) end) / 1000.0);
end;
$$;

revoke execute on function app.quiet_time from public;
grant execute on function app.quiet_time to service_role;
