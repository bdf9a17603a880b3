-- Every event goes to the tenant and shard of its account.
begin;
select no_plan();

select tests.account('a'), tests.account('b'), tests.account('s1x');
select is(tests.ingest(tests.event('m1', p_slug => 's1x'), tests.event('m1', p_slug => 'b'), tests.event('m1', p_slug => 'a'), tests.event('m1', p_slug => 'nowhere')),
  '{"stored": 3, "duplicates": 0, "raw": 1, "failed": 0, "wake": true}'::jsonb, 'the same provider id in three accounts is three messages');
select results_eq('select shard, tenant_id from public.messages order by shard, tenant_id = tests.tenant(''b'')',
  $$ values (0::smallint, tests.tenant('a')), (0::smallint, tests.tenant('b')), (1::smallint, tests.tenant('s1x')) $$, 'each with its tenant and shard');
select results_eq('select shard, tenant_id from app.message_queue order by shard, tenant_id = tests.tenant(''b'')',
  $$ values (0::smallint, tests.tenant('a')), (0::smallint, tests.tenant('b')), (1::smallint, tests.tenant('s1x')) $$, 'and so is the work');

select * from finish();
rollback;
