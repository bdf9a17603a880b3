-- A timer that rings behind a burst makes no answer out of date.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
select tests.working_turn();
select app.enqueue_message(0::smallint, 'inbound', tests.conversation(), tests.tenant(), 'workflow_timer', jsonb_build_object('workflow_id', id, 'version', 1, 'timer', 'timeout'), 'c') from w;
select is(tests.complete(tests.conversation()), 1, 'it is said');

select * from finish();
rollback;
