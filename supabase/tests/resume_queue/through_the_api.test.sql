-- The door for the page on the queue does what the engine does.
begin;
select no_plan();

select tests.clock();
select app.pause_queue(0::smallint, 'inbound', 'look', tests.tenant());
select ok(not public.resume_queue(0::smallint, 'inbound'), 'the queue was not paused');
select ok(public.resume_queue(0::smallint, 'inbound', tests.tenant()), 'the tenant was');
select is_empty('select * from app.queue_pause', 'and is no more');

select * from finish();
rollback;
