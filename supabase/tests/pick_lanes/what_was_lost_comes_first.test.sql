-- A lease that ran out comes before what is only due.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lost, tests.lane(1) as due;
select app.hold_lane(0::smallint, 'inbound', c.lane_id, c.token, app.now()) from tests.claim() c where c.lane_id = (select due from l);
select tests.later('31 seconds');
select is((select r.lane_id from app.queue_ready r where r.ctid = any ((app.pick_lanes(0::smallint, 'inbound', 1)).rows)), (select lost from l), 'though the other waits as long');

select * from finish();
rollback;
