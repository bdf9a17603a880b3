-- Under the same numbers, in front of what waits.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select tests.claim();
select app.complete_queue_messages(0::smallint, 'inbound', lane, tests.token(lane), 2) from l;
create function pg_temp.reopen (p_first bigint, p_count integer) returns void language sql as $$
  select app.reopen_lane(0::smallint, 'inbound', (select lane from l), p_first, (select jsonb_agg(jsonb_build_object('kind', 'work', 'payload', jsonb_build_object('n', n),
    'correlation_id', 'c' || n, 'enqueued_at', '2026-11-20 09:59:00Z')) from generate_series(1, p_count) n)); $$;
select throws_ok('select pg_temp.reopen(1, 2)', 'SB409', null, 'a lane without work does not wait');
select tests.later('1 second');
select app.enqueue_message(0::smallint, 'inbound', lane, tests.tenant(), 'work', '{"n": 3}', 'c3', p_quiet => '1 second', p_max_wait => '1 hour') from l;
select throws_ok('select pg_temp.reopen(1, 3)', 'SB409', null, 'there are numbers for two');
select pg_temp.reopen(1, 2);
select results_eq('select done, burst_at, at from app.queue_ready', $$ values (0::bigint, '2026-11-20 09:59:00Z'::timestamptz, app.now() + interval '1 second') $$, 'the cursor is in front of them');
select tests.later('1 second');
select results_eq('select seq, payload ->> ''n'', correlation_id from tests.claim()', $$ values (1::bigint, '1', 'c1'), (2, '2', 'c2'), (3, '3', 'c3') $$, 'one burst');
select throws_ok('select pg_temp.reopen(1, 0)', 'SB409', null, 'a leased lane does not wait');

select * from finish();
rollback;
