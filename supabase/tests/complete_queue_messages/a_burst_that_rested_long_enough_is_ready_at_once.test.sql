-- The answer took longer than the quiet time.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
select tests.claim();
select app.enqueue_message(0::smallint, 'inbound', (select lane from l), tests.tenant(), 'work', '{}', 'c', p_quiet => '900 milliseconds', p_max_wait => '6 seconds');
select tests.later('10 seconds');
select app.complete_queue_messages(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 1, '1 minute');
select is((tests.ready((select lane from l))).at, app.now(), 'not in the past, but now');

select * from finish();
rollback;
