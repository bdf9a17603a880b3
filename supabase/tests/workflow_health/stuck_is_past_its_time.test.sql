-- Open workflows by name and status; stuck ones; the finished ones of a day.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'));
create function pg_temp.workflow (p_name text, p_status text, p_age interval, p_expires interval default null, p_touched interval default null)
  returns void language sql as $$
  insert into app.workflow_states (tenant_id, conversation_id, workflow, step, status, error, expires_at, created_at, updated_at, finished_at)
  select tests.tenant('a'), tests.conversation(), p_name, 's', p_status, case p_status when 'failed' then '{}'::jsonb end, app.now() + p_expires,
         app.now() - p_age, app.now() - coalesce(p_touched, p_age), case when p_status not in ('running', 'waiting') then app.now() - p_age end;
$$;
select pg_temp.workflow('runs', 'running', '1 hour', null, '14 minutes');
select pg_temp.workflow('hangs', 'running', '2 hours', null, '16 minutes');
select pg_temp.workflow('waits', 'waiting', '1 day', '1 minute');
select pg_temp.workflow('waits for ever', 'waiting', '9 days');
select pg_temp.workflow('forgotten', 'waiting', '1 hour', '-1 minute');
select pg_temp.workflow('order', s, '23 hours') from unnest(array['completed', 'completed', 'failed', 'timed_out']) s;
select pg_temp.workflow('order', 'cancelled', '25 hours');

select results_eq('select workflow, status, workflows, stuck, oldest_s from app.workflow_health order by workflow, status',
  $$ values ('forgotten', 'waiting', 1::bigint, 1::bigint, 3600::double precision), ('hangs', 'running', 1, 1, 7200), ('order', 'completed', 2, 0, null),
            ('order', 'failed', 1, 0, null), ('order', 'timed_out', 1, 0, null), ('runs', 'running', 1, 0, 3600), ('waits', 'waiting', 1, 0, 86400),
            ('waits for ever', 'waiting', 1, 0, 777600) $$,
  'past its time or without a sign for 15 minutes is stuck; what ended longer than a day ago is left out');

select * from finish();
rollback;
