-- The one clock of the engine. Tests move it with `set app.fake_now = '...'`; nothing else does.
-- Called by: every function that needs the time, once.
create function app.now ()
  returns timestamptz
  language plpgsql
  volatile
  set search_path = ''
as $$
begin
  return coalesce(nullif(current_setting('app.fake_now', true), '')::timestamptz, clock_timestamp());
end;
$$;

revoke execute on function app.now from public;
grant execute on function app.now to service_role;
