-- A number routes to one tenant.
begin;
select no_plan();

select tests.account('a');
select throws_ok($$ select app.upsert_whatsapp_account(0::smallint, tests.tenant('b'), 'cloud_api', 'acc-a', null, 'Thief', 'agent:x') $$,
  'SB409', null, 'a number that another tenant has is refused');
select throws_ok($$ select app.upsert_whatsapp_account(1::smallint, tests.tenant('s1'), 'cloud_api', 'acc-a', null, 'Thief', 'agent:x') $$,
  'SB409', null, 'from another shard too');
select is((select name from public.whatsapp_accounts where external_id = 'acc-a'), 'Front desk', 'and nothing about it has changed');

select * from finish();
rollback;
