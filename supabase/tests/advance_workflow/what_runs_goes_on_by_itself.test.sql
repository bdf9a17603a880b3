-- A step that is to be done next calls for a turn of its own, at once.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
select app.advance_workflow(0::smallint, id, 1, '{"step": "pay", "status": "running"}') from w;
select is(tests.next_turn() -> 'workflows' -> 0 ->> 'timer', 'continue', 'it rings now');
select is_empty('select from app.queue_scheduled', 'nothing else is to ring');

select * from finish();
rollback;
