-- How long after the customer's last message a provider takes free text; null: it knows no window.
-- Called by: send_window.
create function app.provider_window (
  p_provider text
)
  returns interval
  language sql
  immutable
  set search_path = ''
as $$
  select case when p_provider in ('cloud_api', 'twilio') then interval '24 hours' end;
$$;

revoke execute on function app.provider_window from public;
grant execute on function app.provider_window to service_role;
