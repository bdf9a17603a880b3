-- Lets pg_cron sweep where there is one: every shard every minute, the history every ten, and a call of the queue-worker
-- function every minute. Jobs have names, so that a second call changes them and makes no more of them.
-- Returns the names of the jobs; none without pg_cron, where the leader among the runners sweeps. Both may be at it: nothing is swept
-- by two at once, and a second sweep finds nothing to do. The jobs run as whoever calls this: the owner of the schema.
-- Called by: the migration; whoever adds pg_cron later.
create function app.schedule_sweeps ()
  returns text[]
  language plpgsql
  set search_path = ''
as $$
declare
  -- In a variable, because plain Postgres has no schema cron, and a check of this function would look for it.
  v_schedule text := 'cron.schedule';
  v_job      record;
  v_names    text[] := '{}';
begin
  if to_regprocedure(v_schedule || '(text,text,text)') is null then
    return v_names;
  end if;

  for v_job in
    select * from (values
      ('switchboard sweep', '* * * * *',
       'select app.sweep(t.shard) from (select distinct shard from public.tenants order by shard) as t'),
      ('switchboard history', '*/10 * * * *', 'select app.sweep_history()'),
      ('switchboard queue-worker', '* * * * *', 'select app.call_queue_worker()')
    ) as j (name, schedule, command)
  loop
    execute format('select %s($1, $2, $3)', v_schedule) using v_job.name, v_job.schedule, v_job.command;
    v_names := v_names || v_job.name;
  end loop;
  return v_names;
end;
$$;

revoke execute on function app.schedule_sweeps from public;
grant execute on function app.schedule_sweeps to service_role;
