-- The second pass of a batch.
begin;
select no_plan();

select tests.account();
select throws_ok($$ select app.ingest_batch(0::smallint, 'cloud_api', jsonb_build_array(
    tests.event('bad', p_over => '{"occurred_at": "?"}') || jsonb_build_object('account_id', tests.account(), 'tenant_id', tests.tenant())), false) $$,
  '22007', null, 'without isolation an error is raised');
select is(app.ingest_batch(0::smallint, 'cloud_api', jsonb_build_array(
    tests.event('bad', p_over => '{"occurred_at": "?"}') || jsonb_build_object('account_id', tests.account(), 'tenant_id', tests.tenant())), true) -> 'failed',
  '1', 'with it the item is kept and counted');
select is(app.ingest_batch(0::smallint, 'cloud_api', jsonb_build_array(
    tests.event('bad', p_over => '{"occurred_at": "?"}') || jsonb_build_object('account_id', tests.account(), 'tenant_id', tests.tenant())), true) -> 'duplicates',
  '1', 'a second delivery of the same poison is a duplicate');

select * from finish();
rollback;
