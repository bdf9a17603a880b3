-- What belongs to no account of ours.
begin;
select no_plan();

select is(tests.ingest(tests.event('m1', p_over => '{"account": "nobody"}')) -> 'raw', '1', 'it is kept');
select results_eq('select shard, tenant_id, account_id, external_id, kind, reason, payload, correlation_id from app.webhook_events',
  $$ values (0::smallint, null::uuid, null::uuid, 'nobody', 'message', 'no such account', '{"id": "m1"}'::jsonb, 'cor-m1') $$, 'as it came, with the reason');
select is(tests.ingest(tests.event('m1', p_over => '{"account": "nobody"}')) -> 'duplicates', '1', 'a second delivery is a duplicate');
select is((select count(*)::integer from public.messages), 0, 'nothing of it is a message');

select * from finish();
rollback;
