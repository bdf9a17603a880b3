-- Its last message is done.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
select * from tests.claim();
select app.complete_queue_messages(0::smallint, 'inbound', lane, tests.token(lane), 1) from l;
select is(public.get_lane(0::smallint, 'inbound', lane) ->> 'state', 'idle', 'idle') from l;
select is(public.get_lane(0::smallint, 'inbound', lane) -> 'messages', '[]', 'nothing waits') from l;

select * from finish();
rollback;
