-- A scheduled timer goes with its key; one that is in its lane already rings in vain.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
select app.drop_workflow_timer(tests.workflow_row(id)) from w;
select is_empty('select from app.queue_scheduled', 'it is gone');
select is_empty('select from app.queue_idempotency', 'with its key');
select lives_ok($$ select app.drop_workflow_timer(tests.workflow_row(id)) from w $$, 'again is nothing');
select app.set_workflow_timer(tests.workflow_row(id)) from w;
select tests.later('2 hours');
select app.promote_scheduled(0::smallint);
select app.cancel_workflow(0::smallint, id) from w;
select is((select count(*)::integer from app.message_queue), 1, 'it is in its lane');
select is(tests.next_turn() - 'messages' ->> 'reason', 'its workflow has gone on meanwhile', 'and the turn is skipped');

select * from finish();
rollback;
