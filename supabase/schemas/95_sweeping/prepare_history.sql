-- Makes the partitions from yesterday to p_days_ahead days ahead that are missing. What somebody else is in the way of
-- is left to the next call; so is all but the first one of a table whose default partition has grown past 8 MB, because each one
-- reads it through and keeps everybody off it meanwhile. Returns how many it made. Idempotent; one at a time, the others get 0 at once.
-- Runs with its owner's rights, who owns the tables: the service role may write rows and create nothing.
-- Locks: of prepare_history and drop_old_history one at a time (advisory, never waited for), then those of
-- add_partition, for each at most 100 ms. Called by: the migration, sweep_history.
create function app.prepare_history (
  p_days_ahead integer default 3
)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
  set lock_timeout = '100ms'
as $$
declare
  v_today date := app.now() at time zone 'UTC';
  v_table record;
  v_made  integer := 0;
  v_later text[] := '{}';
begin
  if not pg_try_advisory_xact_lock(hashtextextended('switchboard history', 0)) then
    return 0;
  end if;

  for v_table in
    select h.name, h.day_column, v_today + n as day
      from app.history_tables() as h cross join generate_series(-1, p_days_ahead) as n
     order by h.name, n
  loop
    continue when v_table.name = any (v_later);
    begin
      if app.add_partition(v_table.name, v_table.day_column, v_table.day) then
        v_made := v_made + 1;
        if pg_relation_size(format('app.%I', v_table.name || '_default')) > 8 * 1024 * 1024 then
          v_later := v_later || v_table.name;
        end if;
      end if;
    exception when lock_not_available then
      continue;
    end;
  end loop;
  return v_made;
end;
$$;

revoke execute on function app.prepare_history from public;
grant execute on function app.prepare_history to service_role;
