-- One bad item must not cost the others.
begin;
select no_plan();

select tests.account();
select is(tests.ingest(tests.event('m1'), tests.event('bad', p_over => '{"occurred_at": "yesterday, I think"}'), tests.event('m2')),
  '{"stored": 2, "duplicates": 0, "raw": 0, "failed": 1, "wake": true}'::jsonb, 'the neighbours are stored');
select results_eq('select reason, error ->> ''code'', payload, tenant_id from app.webhook_events',
  $$ values ('could not be ingested', '22007', '{"id": "bad"}'::jsonb, tests.tenant()) $$, 'the bad one is kept as it came, with the error');
select results_eq('select provider_message_id, position from public.messages order by position', $$ values ('m1', 1::bigint), ('m2', 2) $$, 'positions have no gap');
select results_eq('select seq from app.message_queue order by seq', $$ values (1::bigint), (2) $$, 'sequence numbers have no gap');
select is((select count(*)::integer from app.processed_messages where key = 'message:bad'), 0, 'it is not remembered as processed: a corrected delivery is taken in');
select is(tests.ingest(tests.event('bad')) -> 'stored', '1', 'which then happens');

select * from finish();
rollback;
