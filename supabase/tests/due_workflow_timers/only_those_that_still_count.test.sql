-- Of the timers in a lane those whose workflow waits as it did when they were set.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow(p_name => 'one') as one, tests.workflow(p_name => 'two') as two, tests.workflow(p_name => 'three') as three;
select tests.later('2 hours');
select app.promote_scheduled(0::smallint);
select app.cancel_workflow(0::smallint, two), app.advance_workflow(0::smallint, three, 1, '{"step": "x", "status": "waiting"}') from w;
select results_eq('select workflow_id, timer from app.due_workflow_timers(0::smallint, tests.conversation(), 1, 3)', $$ select one, 'timeout' from w $$, 'one of three');
select is_empty('select from app.due_workflow_timers(0::smallint, tests.conversation(), 4, 9)', 'none behind');

select * from finish();
rollback;
