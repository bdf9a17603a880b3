-- What came while the worker was busy waits for more of its burst, at most so long.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
select tests.claim();
select app.enqueue_message(0::smallint, 'inbound', (select lane from l), tests.tenant(), 'work', '{}', 'c', p_quiet => '5 seconds', p_max_wait => '6 seconds');
select app.complete_queue_lanes(0::smallint, 'inbound', array[tests.token((select lane from l))], array[1], '3 seconds');
select is((tests.ready((select lane from l))).at, app.now() + interval '3 seconds', 'three seconds');

select * from finish();
rollback;
