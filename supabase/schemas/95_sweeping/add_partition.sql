-- Makes the partition of a table for a day (UTC), with the table's indexes and row level security, reachable for nobody
-- but through the table. Returns whether it did: not when it is there, and not when rows of that day are in the default
-- partition already; these stay there until they are old, so nothing is moved and nobody waits for it.
-- Raises 55P03 when somebody holds the default partition for longer than lock_timeout.
-- Locks: the table (share update exclusive: rows go in meanwhile), its default partition (access exclusive, while it is
-- read through, which is empty but after an outage of the sweeper), tables it refers to (share row exclusive).
-- Called by: prepare_history, with its rights; nobody else may create tables.
create function app.add_partition (
  p_table      text,
  p_day_column text,
  p_day        date
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  -- The table may be one that members see; its partitions are in app, where only the engine sees them.
  v_table regclass := coalesce(to_regclass(format('app.%I', p_table)), to_regclass(format('public.%I', p_table)));
  v_name text := format('%s_%s', p_table, to_char(p_day, 'YYYYMMDD'));
  v_from text := format('%s 00:00:00+00', p_day);
  v_upto text := format('%s 00:00:00+00', p_day + 1);
  v_late boolean;
begin
  if to_regclass(format('app.%I', v_name)) is not null then
    return false;
  end if;
  execute format('select exists (select from app.%I where %I >= %L and %I < %L)', p_table || '_default', p_day_column, v_from,
    p_day_column, v_upto) into v_late;
  if v_late then
    return false;
  end if;

  -- Made apart and attached, because `create table ... partition of` keeps everybody off the table.
  execute format('create table app.%I (like %s including all)', v_name, v_table);
  execute format('alter table app.%I enable row level security', v_name);
  execute format('alter table %s attach partition app.%I for values from (%L) to (%L)', v_table, v_name, v_from, v_upto);
  return true;
end;
$$;

revoke execute on function app.add_partition from public;
grant execute on function app.add_partition to service_role;
