-- New work behind a busy head changes no time.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
select tests.claim();
create temp table before as select to_jsonb(tests.ready((select lane from l))) - 'quiet_until' as row;
select app.enqueue_message(0::smallint, 'inbound', (select lane from l), tests.tenant(), 'work', '{}', 'c', p_quiet => '10 minutes', p_max_wait => '1 hour');
select is(to_jsonb(tests.ready((select lane from l))) - 'quiet_until', (select row from before), 'a leased lane stays as it is');
select is((tests.ready((select lane from l))).quiet_until, app.now() + interval '10 minutes', 'but for how long the next burst waits');
select app.schedule_message_retry(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 1, '{}', p_retry_after => '5 seconds');
select app.enqueue_message(0::smallint, 'inbound', (select lane from l), tests.tenant(), 'work', '{}', 'c', p_quiet => '10 minutes', p_max_wait => '1 hour');
select is((tests.ready((select lane from l))).at, app.now() + interval '5 seconds', 'a lane that backs off too');

select * from finish();
rollback;
