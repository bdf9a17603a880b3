-- A stale lease costs the others nothing.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as a, tests.lane(1) as b;
create temp table old as select lane_id, token from tests.claim();
select app.hold_lane(0::smallint, 'inbound', (select a from l), (select token from old where lane_id = (select a from l)), app.now());
select tests.claim(p_worker => 'w2');
select is((app.complete_queue_lanes(0::smallint, 'inbound', array(select token from old order by token), array[1, 1])).stale,
  array(select token from old where lane_id = (select a from l)), 'the stale one is named');
select results_eq('select lane_id, leased_by from app.queue_ready', $$ select a, 'w2' from l $$, 'and stays with its owner; the other is done');
select is((app.complete_queue_lanes(0::smallint, 'inbound', array(select token from old order by token), array[1, 1])).stale,
  array(select token from old order by token), 'a second time all are stale');
select is((app.complete_queue_lanes(0::smallint, 'outbound', array[tests.token((select a from l))], array[1])).stale, array[tests.token((select a from l))], 'as is one of another queue');

select * from finish();
rollback;
