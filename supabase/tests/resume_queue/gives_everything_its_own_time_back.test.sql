-- And leaves what another pause covers.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as a, tests.lane(1) as b;
update app.queue_ready set at = app.now() + interval '1 hour' where lane_id = (select b from l);
select app.pause_queue(0::smallint, 'inbound', 'x', tests.tenant()), app.pause_queue(0::smallint, 'inbound', 'y', p_lane_id => a) from l;
select app.resume_queue(0::smallint, 'inbound', tests.tenant());
select is((tests.ready((select b from l))).at, app.now() + interval '1 hour', 'its own time');
select is_empty('select * from tests.claim()', 'the lane''s own pause still counts');
select is((tests.ready((select a from l))).at, 'infinity'::timestamptz, 'and keeps it');

select * from finish();
rollback;
