-- Changes how long something is kept, at least a day. Takes effect with the next sweep; what was dropped is gone.
-- p_what: a row of app.retention. Raises SB404 when there is no such row, 23514 for less than a day. Called by: people.
create function app.set_retention (
  p_what text,
  p_keep interval
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update app.retention set keep = p_keep where what = p_what;
  if not found then
    raise exception sqlstate 'SB404'
      using message = format('nothing called %s is kept for a time; there are: %s', p_what, (select string_agg(what, ', ' order by what) from app.retention));
  end if;
end;
$$;

revoke execute on function app.set_retention from public;
grant execute on function app.set_retention to service_role;
