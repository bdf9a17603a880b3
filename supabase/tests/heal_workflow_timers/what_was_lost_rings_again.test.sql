-- A timer whose queue message is gone is set anew 15 minutes later.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
select tests.later('2 hours');
select is(app.heal_workflow_timers(0::smallint), 0, 'one that is only late is not lost');
delete from app.queue_scheduled;
select is(app.heal_workflow_timers(1::smallint), 0, 'another shard has none');
select is(app.heal_workflow_timers(0::smallint), 1, 'one that is lost is set');
select is(tests.next_turn() -> 'workflows' -> 0 ->> 'timer', 'timeout', 'and rings');
select is(app.heal_workflow_timers(0::smallint), 0, 'one that is in its lane is not lost');

select * from finish();
rollback;
