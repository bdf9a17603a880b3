-- What a key rotation walks through.
begin;
select no_plan();

select is_empty('select * from app.list_accounts(1::smallint)', 'a shard without accounts lists none');
select tests.account('a'), tests.account('b'), tests.account('s1');
select app.set_account_credentials(0::smallint, tests.account('b'), 'k1', 'sealed');
select set_eq($$ select id, tenant_id, provider, external_id, status, key_id from app.list_accounts(0::smallint) where external_id like 'acc-%' $$,
  format($$ values (%L::uuid, %L::uuid, 'cloud_api', 'acc-a', 'active', null::text), (%L, %L, 'cloud_api', 'acc-b', 'active', 'k1') $$,
    tests.account('a'), tests.tenant('a'), tests.account('b'), tests.tenant('b')), 'every account of the shard, with the key of its credentials');
select set_eq('select external_id from app.list_accounts(1::smallint)', array['acc-s1'], 'and none of another shard');

select * from finish();
rollback;
