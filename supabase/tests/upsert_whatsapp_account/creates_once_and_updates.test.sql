-- Accounts by provider and external id.
begin;
select no_plan();

select is(app.upsert_whatsapp_account(0::smallint, tests.tenant(), 'cloud_api', 'acc-a', '+1 555', 'New name', 'agent:other'), tests.account(),
  'the same number is the same account');
select app.upsert_whatsapp_account(0::smallint, tests.tenant(), 'cloud_api', 'acc-a', '+1 556', 'New name', 'agent:other');
select results_eq($$ select display_phone, name, agent from public.whatsapp_accounts where external_id = 'acc-a' $$,
  $$ values ('+1 556', 'New name', 'agent:other') $$, 'whose names and agent it updates');
select isnt(app.upsert_whatsapp_account(0::smallint, tests.tenant(), 'baileys', 'acc-a', null, 'Phone', 'agent:other'), tests.account(),
  'the same id at another provider is another account');

select * from finish();
rollback;
