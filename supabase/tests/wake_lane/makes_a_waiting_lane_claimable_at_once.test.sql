-- What it waited for has happened.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
select tests.claim();
select app.hold_lane(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), app.now() + interval '1 minute');
select app.wake_lane(0::smallint, 'inbound', (select lane from l));
select is((tests.ready((select lane from l))).at, app.now(), 'it is ready now');
select lives_ok($$ select app.wake_lane(0::smallint, 'inbound', (select lane from l)) $$, 'twice is no harm');
select lives_ok($$ select app.wake_lane(0::smallint, 'inbound', gen_random_uuid()) $$, 'nor is a lane that does not exist');

select * from finish();
rollback;
