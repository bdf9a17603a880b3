-- When the tenant's quiet hours end, if p_at is within them; else null. Quiet hours are minutes of the local day; a
-- night that begins on one day and ends on the next is one. Called by: check_outbound.
create function app.quiet_until (
  p_tenant public.tenants,
  p_at     timestamptz
)
  returns timestamptz
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  v_local  timestamp := p_at at time zone p_tenant.quiet_timezone;
  v_minute integer := extract(hour from v_local) * 60 + extract(minute from v_local);
  v_day    integer;
  v_end    timestamptz;
begin
  foreach v_day in array array[0, 1440] loop
    if p_tenant.quiet_hours @> v_minute + v_day then
      v_end := (date_trunc('day', v_local) + make_interval(mins => upper(p_tenant.quiet_hours) - v_day)) at time zone p_tenant.quiet_timezone;
      -- In the night when clocks are set back a local time may be the earlier of two.
      return case when v_end > p_at then v_end else p_at + interval '1 minute' end;
    end if;
  end loop;
  return null;
end;
$$;

revoke execute on function app.quiet_until from public;
grant execute on function app.quiet_until to service_role;
