-- With pg_cron: its schedule() is a stand-in with the same signature, which keeps what it is given, because the tests' server
-- has none. What is scheduled is run here as pg_cron would run it; that pg_cron runs it is not tested.
begin;
select no_plan();

select tests.clock();
create schema cron;
create table cron.job (jobid bigserial, jobname text unique, schedule text, command text);
create function cron.schedule (job_name text, schedule text, command text) returns bigint language sql as $$
  insert into cron.job (jobname, schedule, command) values ($1, $2, $3)
  on conflict (jobname) do update set schedule = excluded.schedule, command = excluded.command returning jobid;
$$;
select is(app.schedule_sweeps(), '{switchboard sweep,switchboard history,switchboard queue-worker}', 'three jobs');
select results_eq('select jobname, schedule from cron.job order by jobid',
  $$ values ('switchboard sweep', '* * * * *'), ('switchboard history', '*/10 * * * *'), ('switchboard queue-worker', '* * * * *') $$, 'each at its time');
select is(app.schedule_sweeps(), '{switchboard sweep,switchboard history,switchboard queue-worker}', 'a second time');
select is((select count(*)::integer from cron.job), 3, 'makes no more of them');

create function pg_temp.run (p_job text) returns setof text language plpgsql as $$
begin
  return query execute format('select x::text from (%s) as c (x)', (select command from cron.job where jobname = p_job));
end; $$;
create temp table lane as select tests.shard(slug) as shard, gen_random_uuid() as id, tests.tenant(slug) as tenant_id from unnest(array['a', 's1b']) as slug;
select app.enqueue_message(shard, 'webhook', id, tenant_id, 'work', '{}', 'c', p_run_at => app.now() + interval '1 minute') from lane;
select tests.later('2 minutes');
select results_eq($$ select (r::jsonb -> 'promoted')::integer from pg_temp.run('switchboard sweep') as r $$, 'values (1), (1)', 'the sweep: both shards');
select isnt_empty($$ select * from pg_temp.run('switchboard history') $$, 'the history');
select results_eq($$ select * from pg_temp.run('switchboard queue-worker') $$, 'values (null::text)', 'the call of the function: without pg_net nothing, and nothing fails');

select * from finish();
rollback;
