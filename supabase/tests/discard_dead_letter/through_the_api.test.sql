-- The door for the page on the queue does what the engine does.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select * from tests.claim();
select app.schedule_message_retry(0::smallint, 'inbound', lane, tests.token(lane), 2, '{"code": "x"}', 1) from l;
create temp table d as select id from app.queue_dead_letter order by seq;
select public.discard_dead_letter(0::smallint, (select id from d limit 1), 'a test');
select results_eq('select discard_reason from app.queue_dead_letter where discarded_at is not null', $$ values ('a test') $$, 'with its reason');

select * from finish();
rollback;
