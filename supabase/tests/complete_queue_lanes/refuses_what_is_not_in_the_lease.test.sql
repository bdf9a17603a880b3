-- A cursor is moved forward, to a number that was given out.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select tests.claim();
select throws_ok($$ select app.complete_queue_lanes(0::smallint, 'inbound', array[tests.token((select lane from l))], array[0]) $$, 'SB400', null, 'done already');
select throws_ok($$ select app.complete_queue_lanes(0::smallint, 'inbound', array[tests.token((select lane from l))], array[3]) $$, 'SB400', null, 'never enqueued');
select is((app.complete_queue_lanes(0::smallint, 'inbound', '{}', '{}')).stale, '{}', 'nothing to do');
select is((select count(*)::integer from app.message_queue), 2, 'nothing was written');

select * from finish();
rollback;
