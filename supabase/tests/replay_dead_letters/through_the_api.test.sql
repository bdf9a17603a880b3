-- The door for the page on the queue does what the engine does.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select * from tests.claim();
select app.schedule_message_retry(0::smallint, 'inbound', lane, tests.token(lane), 2, '{"code": "x"}', 1) from l;
create temp table d as select id from app.queue_dead_letter order by seq;
select is(public.replay_dead_letters(0::smallint, p_code => 'y'), 0, 'none with another code');
select is(public.replay_dead_letters(0::smallint, p_queue => 'inbound', p_tenant_id => tests.tenant(), p_code => 'x'), 2, 'both');

select * from finish();
rollback;
