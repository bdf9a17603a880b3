-- No wake-up is lost.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
select tests.claim();
select tests.later('1 second');
select app.enqueue_message(0::smallint, 'inbound', (select lane from l), tests.tenant(), 'work', '{}', 'c', p_quiet => '900 milliseconds', p_max_wait => '6 seconds');
select tests.later('500 milliseconds');
select app.complete_queue_messages(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 1, '6 seconds');
select results_eq('select at, done, tries, leased_by, burst_at from app.queue_ready',
  $$ values ('2026-11-20 10:00:01.9Z'::timestamptz, 1::bigint, 0::smallint, null::text, '2026-11-20 10:00:01Z'::timestamptz) $$,
  'when its burst has come to rest');
select tests.claim();
select tests.later('10 seconds');
select app.enqueue_message(0::smallint, 'inbound', (select lane from l), tests.tenant(), 'work', '{}', 'c', p_quiet => '1 minute', p_max_wait => '6 seconds');
select app.release_lane(tests.ready((select lane from l)), 1, p_max_wait => '6 seconds');
select is((tests.ready((select lane from l))).at, app.now(), 'or when its own first message has waited long enough');

select * from finish();
rollback;
