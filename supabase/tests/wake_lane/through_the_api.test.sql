-- The door for the page on the queue does what the engine does.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
update app.queue_ready set at = app.now() + interval '1 hour';
select public.wake_lane(0::smallint, 'inbound', lane) from l;
select is((select at from app.queue_ready), app.now(), 'claimable at once');

select * from finish();
rollback;
