-- Those about which nothing was decided yet.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select * from tests.claim();
select app.schedule_message_retry(0::smallint, 'inbound', lane, tests.token(lane), 2, '{"code": "x"}', 1) from l;
select is((public.queue_overview() -> 'dead'), '2', 'both');
select app.replay_dead_letter(0::smallint, (select id from app.queue_dead_letter limit 1));
select is((public.queue_overview() #> '{queues,0,dead}'), '1', 'the other');

select * from finish();
rollback;
