-- Idempotent.
begin;
select no_plan();

select tests.clock();
select app.set_queue_limit(0::smallint, 'inbound', 3), app.set_queue_limit(0::smallint, 'inbound', 4);
select is((select max_concurrency from app.queue_limits), 4, 'the last one counts');
select app.set_queue_limit(0::smallint, 'inbound', null);
select is_empty('select * from app.queue_limits', 'null takes it away');
select throws_ok($$ select app.set_queue_limit(0::smallint, 'inbound', 0) $$, '23514', null, 'a queue that stands still is paused instead');

select * from finish();
rollback;
