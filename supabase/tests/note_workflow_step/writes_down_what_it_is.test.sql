-- A row for the version that the workflow has.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
delete from app.workflow_steps;
select app.note_workflow_step(tests.workflow_row(id), '00000000-0000-4000-8000-000000000001') from w;
select results_eq('select version, step, status, state, turn_id, expires_at, at from app.workflow_steps',
  $$ values (1, 'ask', 'waiting', '{"n": 1}'::jsonb, '00000000-0000-4000-8000-000000000001'::uuid, app.now() + interval '1 hour', app.now()) $$, 'as it is');

select * from finish();
rollback;
