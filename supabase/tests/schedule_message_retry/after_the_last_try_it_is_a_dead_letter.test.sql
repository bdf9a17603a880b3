-- Never stuck: the lane moves on, the reason is kept.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(3) as lane;
select app.get_next_queue_message(0::smallint, 'inbound', 'w', 1, 2);
select is(app.schedule_message_retry(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 2, '{"code": "boom"}', p_max_tries => 1), 'dead', 'it is given up');
select results_eq('select lane_id, seq, tenant_id, kind, payload, correlation_id, tries, error, enqueued_at, dead_at, replayed_at from app.queue_dead_letter order by seq',
  $$ select lane, n, tests.tenant(), 'work', jsonb_build_object('n', n), 'cor-' || n, 1::smallint, '{"code": "boom"}'::jsonb, app.now(), app.now(), null::timestamptz from l, generate_series(1::bigint, 2) n $$,
  'all that failed, with the reason');
select results_eq('select seq, tries from tests.claim()', $$ values (3::bigint, 1::smallint) $$, 'what is behind it goes on, with tries of its own');

select * from finish();
rollback;
