-- They go with their steps, when they are old; open ones stay.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow(p_name => 'ended') as ended, tests.workflow('{"wait_s": null}', 'open') as open;
select app.cancel_workflow(0::smallint, ended) from w;
select tests.later('29 days');
select is(app.cleanup_old_messages(0::smallint) -> 'workflows', '0', 'not yet');
select tests.later('2 days');
select is(app.cleanup_old_messages(0::smallint) -> 'workflows', '1', 'the ended one');
select results_eq('select workflow_id from app.workflow_steps', $$ select open from w $$, 'with its steps');

select * from finish();
rollback;
