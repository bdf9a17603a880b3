-- Scheduled work gets its place in the lane when its time has come.
begin;
select no_plan();

select tests.clock();
create temp table l as select gen_random_uuid() as lane;
select app.enqueue_message(0::smallint, 'inbound', lane, tests.tenant(), 'work', jsonb_build_object('n', n), 'c', p_idempotency_key => 'k' || n, p_run_at => app.now() + make_interval(mins => 5 - n)) from l, generate_series(1, 4) n;
select app.enqueue_message(0::smallint, 'outbound', lane, tests.tenant(), 'work', '{}', 'c', p_run_at => app.now() + interval '1 minute') from l;
select is(app.promote_scheduled(0::smallint), 0, 'nothing is due yet');
select tests.later('3 minutes');
select is(app.promote_scheduled(0::smallint, 2), 2, 'no more than asked for');
select is(app.promote_scheduled(0::smallint), 2, 'the rest of what is due');
select results_eq($$ select seq, payload ->> 'n' from tests.claim() $$, $$ values (1::bigint, '4'), (2, '3'), (3, '2') $$, 'in the order of its times');
select is((select seq from app.queue_idempotency where key = 'k3'), 2::bigint, 'the key knows the number');
select is((select count(*)::integer from app.queue_scheduled), 1, 'what is not due stays');
select is((select count(*)::integer from tests.claim('outbound')), 1, 'each queue gets its own');
select is(app.promote_scheduled(1::smallint), 0, 'another shard has none');

select * from finish();
rollback;
