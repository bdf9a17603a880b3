-- The door for the page on the queue does what the engine does.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
select public.pause_queue(0::smallint, 'inbound', 'look', p_lane_id => lane) from l;
select results_eq('select lane_id, reason from app.queue_pause', $$ select lane, 'look' from l $$, 'the lane is paused');

select * from finish();
rollback;
