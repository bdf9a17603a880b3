-- The shard's part of a POST.
begin;
select no_plan();

select tests.account();
select is(app.ingest_shard_events(0::smallint, 'cloud_api', jsonb_build_array(
    tests.event('m1') || jsonb_build_object('account_id', tests.account(), 'tenant_id', tests.tenant()),
    tests.event('m2', p_over => '{"wakes_agent": false}') || jsonb_build_object('account_id', tests.account(), 'tenant_id', tests.tenant()))),
  '{"stored": 2, "duplicates": 0, "raw": 0, "failed": 0, "queued": 1}'::jsonb, 'stored and queued are counted apart');

select * from finish();
rollback;
