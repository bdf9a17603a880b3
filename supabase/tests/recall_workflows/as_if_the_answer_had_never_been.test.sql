-- What the turn began is gone, what it moved is where it was.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow(p_name => 'old') as old, gen_random_uuid() as new;
select tests.working_turn();
select tests.complete(tests.conversation(), jsonb_build_object('workflows', jsonb_build_array(
  jsonb_build_object('id', old, 'name', 'old', 'version', 1, 'step', 'x', 'status', 'running', 'state', '{"n": 2}'::jsonb),
  jsonb_build_object('id', old, 'name', 'old', 'version', 2, 'step', 'x', 'status', 'failed', 'state', '{"n": 3}'::jsonb, 'error', '{"code": "e"}'::jsonb),
  jsonb_build_object('id', new, 'name', 'new', 'version', 0, 'step', 'ask', 'status', 'waiting', 'wait_s', 60)))) from w;
select app.recall_workflows(0::smallint, (select id from app.turns));
select results_eq('select workflow, version, step, status, state, error, wake_at, finished_at from app.workflow_states',
  $$ select 'old', 1, 'ask', 'waiting', '{"n": 1}'::jsonb, null::jsonb, (tests.workflow_row(old)).expires_at, null::timestamptz from w $$, 'only the old one, as it was');
select results_eq('select workflow_id, version from app.workflow_steps', $$ select old, 1 from w $$, 'and its step');
select results_eq('select run_at from app.queue_scheduled', 'select expires_at from app.workflow_states', 'and its timer');
select is_empty('select from public.tasks where resolved_at is null', 'nobody is asked any more');
select lives_ok($$ select app.recall_workflows(0::smallint, (select id from app.turns)) $$, 'again is nothing');
select app.advance_workflow(0::smallint, old, 1, '{"step": "y", "status": "waiting"}', (select id from app.turns)), app.advance_workflow(0::smallint, old, 2, '{"step": "z", "status": "waiting"}') from w;
select app.recall_workflows(0::smallint, (select id from app.turns));
select is((tests.workflow_row(old)).step, 'z', 'one that somebody else moved since stays') from w;
select app.start_workflow(0::smallint, tests.conversation(), 'begun', '{"step": "ask", "status": "waiting"}', new, (select id from app.turns)), app.cancel_workflow(0::smallint, new) from w;
select app.recall_workflows(0::smallint, (select id from app.turns));
select is_empty($$ select from app.workflow_states where workflow = 'begun' $$, 'one that the turn began is gone, whoever ended it: the turn begins it again');

select * from finish();
rollback;
