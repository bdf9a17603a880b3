-- By the tenant or by the lane.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as a, tests.lane(1) as b;
create function pg_temp.park () returns integer language sql as $$
  select app.park_lanes(0::smallint, 'inbound', array(select r.ctid from app.queue_ready r join l on r.lane_id in (l.a, l.b))); $$;
select is(pg_temp.park(), 0, 'no pause, nothing');
insert into app.queue_pause (queue, lane_id, reason, paused_at) select 'inbound', a, 'x', app.now() from l;
select is(pg_temp.park(), 1, 'one');
select is((tests.ready((select a from l))).parked_at, app.now(), 'with its time');
select is((tests.ready((select b from l))).parked_at, null::timestamptz, 'the other not');

select * from finish();
rollback;
