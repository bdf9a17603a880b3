-- One set of credentials an account.
begin;
select no_plan();

select tests.clock();
select app.set_account_credentials(0::smallint, tests.account(), 'k0', 'old');
select tests.later('1 hour');
select app.set_account_credentials(0::smallint, tests.account(), 'k1', 'new');
select results_eq('select key_id, ciphertext, updated_at from app.whatsapp_account_credentials',
  $$ values ('k1', 'new', '2026-11-20 11:00:00Z'::timestamptz) $$, 'the new ones take the place of the old ones');
select throws_ok($$ select app.set_account_credentials(0::smallint, gen_random_uuid(), 'k1', 'x') $$, '23503', null, 'credentials belong to an account');

select * from finish();
rollback;
