-- And only that one.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as a, tests.lane(1) as b;
select app.pause_queue(0::smallint, 'inbound', 'look at it', p_lane_id => a) from l;
select is((select array_agg(lane_id) from tests.claim()), (select array[b] from l), 'the other is claimed');
select app.resume_queue(0::smallint, 'inbound', p_lane_id => a) from l;
select is((select array_agg(lane_id) from tests.claim()), (select array[a] from l), 'and then it');
select throws_ok($$ select app.pause_queue(0::smallint, 'inbound', 'x', tests.tenant(), a) from l $$, 'SB400', null, 'a tenant or a lane, not both');

select * from finish();
rollback;
