-- Its time is over, unless it went on or has ended meanwhile.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
select is(app.timeout_workflow(0::smallint, id, 7), false, 'it went on') from w;
select is(app.timeout_workflow(0::smallint, id, 1), true, 'it is over') from w;
select is((tests.workflow_row(id)).status, 'timed_out', 'that is how it ended') from w;
select is(app.timeout_workflow(0::smallint, id), false, 'once') from w;

select * from finish();
rollback;
