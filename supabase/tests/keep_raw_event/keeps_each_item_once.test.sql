-- Raw items.
begin;
select no_plan();

select tests.clock();
select is(app.keep_raw_event(0::smallint, 'cloud_api', tests.event('x'), null, null), 'raw', 'kept');
select is(app.keep_raw_event(0::smallint, 'cloud_api', tests.event('x'), null, null), 'duplicates', 'once');
select tests.later('3 days');
select is(app.keep_raw_event(0::smallint, 'cloud_api', tests.event('x', p_over => '{"occurred_at": "2026-11-20T10:00:00Z"}'), null, null), 'duplicates', 'days later too');
select is((select occurred_on from app.webhook_events), '2026-11-20'::date, 'by the day on which it happened');
select results_eq('select reason, kind, external_id, correlation_id, payload from app.webhook_events',
  $$ values ('kept for people to see', 'message', 'acc-a', 'cor-x', '{"id": "x"}'::jsonb) $$, 'with what is known');
select is(app.keep_raw_event(0::smallint, 'cloud_api', '{"a": 1}', 'odd', '{"code": "22007"}'), 'raw', 'an item without anything is kept too');
select results_eq($$ select reason, kind, external_id, correlation_id, payload, error from app.webhook_events where reason = 'odd' $$,
  $$ values ('odd', 'unknown', null::text, '-', '{"a": 1}'::jsonb, '{"code": "22007"}'::jsonb) $$, 'whole, with the error');
select is(app.keep_raw_event(0::smallint, 'cloud_api', '{"a": 1}', 'odd', null), 'duplicates', 'once');
select is(app.keep_raw_event(0::smallint, 'cloud_api', jsonb_build_object('key', repeat('k', 9000)), null, null), 'raw', 'a key that is too long is cut');

select * from finish();
rollback;
