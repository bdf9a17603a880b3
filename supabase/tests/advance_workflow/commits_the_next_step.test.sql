-- A step at a time, each upon the one that the caller knows.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
select tests.later('1 minute');
select is(app.advance_workflow(0::smallint, id, 1, '{"step": "date", "status": "waiting", "state": {"n": 2}, "wait_s": 60}'), 2, 'the second version') from w;
select results_eq('select step, status, state, version, expires_at, created_at < updated_at from app.workflow_states',
  $$ values ('date', 'waiting', '{"n": 2}'::jsonb, 2, app.now() + interval '1 minute', true) $$, 'the row has moved');
select results_eq('select version, step, state from app.workflow_steps order by version', $$ values (1, 'ask', '{"n": 1}'::jsonb), (2, 'date', '{"n": 2}') $$, 'both steps are there');
select throws_ok(format('select app.advance_workflow(0::smallint, %L, 1, %L)', id, '{"step": "x", "status": "waiting"}'), 'SB409', null, 'upon an old version nothing is built') from w;
select throws_ok($$ select app.advance_workflow(0::smallint, gen_random_uuid(), 1, '{"step": "x", "status": "waiting"}') $$, 'SB404', null, 'nor upon none');
select is(app.advance_workflow(0::smallint, id, 2, '{"step": "forever", "status": "waiting"}'), 3, 'without a limit') from w;
select is((tests.workflow_row(id)).wake_at, null, 'no timer is set') from w;
select is((tests.workflow_row(id)).state, '{"n": 2}', 'what is not said stays') from w;

select * from finish();
rollback;
