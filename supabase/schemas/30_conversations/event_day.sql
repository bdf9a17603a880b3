-- The day (UTC) on which an event happened; -infinity when it names no time that can be read.
-- Called by: keep_raw_event, which keeps what nobody else can read.
create function app.event_day (p_event jsonb)
  returns date
  language plpgsql
  stable
  set search_path = ''
as $$
begin
  return coalesce((p_event ->> 'occurred_at')::timestamptz at time zone 'UTC', '-infinity');
exception when data_exception then
  return '-infinity';
end;
$$;

revoke execute on function app.event_day from public;
grant execute on function app.event_day to service_role;
