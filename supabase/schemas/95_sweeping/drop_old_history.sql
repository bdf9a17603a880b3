-- Drops the partitions that ended p_age ago (null: what app.retention says of their table), whole: no row is deleted, no
-- page is left to vacuum. Only the default partitions, which take what has no day of its own, are emptied row by row, at
-- most p_limit of each. A partition that somebody reads, or a table in which a transaction is open, is left to the next call.
-- Returns {dropped: [names], busy: [names], deleted: rows}. Idempotent; one at a time, the others get null at once.
-- Runs with its owner's rights, who owns the tables.
-- Locks: as prepare_history; the table and its partition (access exclusive, waited for at most 100 ms, so that is how long
-- a completion can be held up), then nothing is left to do but to take it out of the catalog.
-- Called by: sweep_history.
create function app.drop_old_history (
  p_age   interval default null,
  p_limit integer  default 10000
)
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
  set lock_timeout = '100ms'
as $$
declare
  v_old     record;
  v_dropped text[] := '{}';
  v_busy    text[] := '{}';
  v_deleted integer := 0;
  v_count   integer;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('switchboard history', 0)) then
    return null;
  end if;

  for v_old in
    select h.name, h.since_column, app.now() - coalesce(p_age, r.keep) as before, partition.names
      from app.history_tables() as h
      join app.retention r on r.what = h.name
      cross join lateral (
        select array_agg(c.relname order by c.relname) as names
          from pg_catalog.pg_inherits i
          join pg_catalog.pg_class c on c.oid = i.inhrelid
         where i.inhparent in (to_regclass(format('app.%I', h.name)), to_regclass(format('public.%I', h.name))) and c.relname ~ '_\d{8}$'
           and (to_date(right(c.relname, 8), 'YYYYMMDD') + 1)::timestamp at time zone 'UTC' <= app.now() - coalesce(p_age, r.keep)
      ) as partition
     order by h.name
  loop
    execute format('delete from app.%1$I where ctid in (select ctid from app.%1$I where %2$I < $1 limit $2)', v_old.name || '_default', v_old.since_column)
      using v_old.before, p_limit;
    get diagnostics v_count = row_count;
    v_deleted := v_deleted + v_count;

    for n in 1 .. coalesce(cardinality(v_old.names), 0) loop
      begin
        execute format('drop table app.%I', v_old.names[n]);
        v_dropped := v_dropped || v_old.names[n]::text;
      exception when lock_not_available then
        v_busy := v_busy || v_old.names[n]::text;
        exit;
      end;
    end loop;
  end loop;
  return jsonb_build_object('dropped', v_dropped, 'busy', v_busy, 'deleted', v_deleted);
end;
$$;

revoke execute on function app.drop_old_history from public;
grant execute on function app.drop_old_history to service_role;
