-- One workflow, its first step, its timer.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow('{"remind_s": 600}') as id;
select results_eq('select workflow, step, status, state, version, expires_at, remind_at, wake_at from app.workflow_states',
  $$ values ('order', 'ask', 'waiting', '{"n": 1}'::jsonb, 1, app.now() + interval '1 hour', app.now() + interval '10 minutes', app.now() + interval '10 minutes') $$, 'the row');
select results_eq('select workflow_id, version, step, status, tenant_id, at from app.workflow_steps',
  $$ select id, 1, 'ask', 'waiting', tests.tenant(), app.now() from w $$, 'its first step is written down');
select results_eq('select run_at, payload from app.queue_scheduled',
  $$ select app.now() + interval '10 minutes', jsonb_build_object('workflow_id', id, 'version', 1, 'timer', 'remind') from w $$, 'its timer is set');

select * from finish();
rollback;
