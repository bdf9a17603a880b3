-- What the worker that sends needs.
begin;
select no_plan();

select results_eq(format('select provider, external_id, status, key_id, ciphertext from app.get_account(0::smallint, %L)', tests.account()),
  $$ values ('cloud_api', 'acc-a', 'active', null::text, null::text) $$, 'an account without credentials has none');
select app.set_account_credentials(0::smallint, tests.account(), 'k1', 'sealed');
select results_eq(format('select key_id, ciphertext from app.get_account(0::smallint, %L)', tests.account()), $$ values ('k1', 'sealed') $$, 'else they come along, still encrypted');
select is_empty(format('select * from app.get_account(1::smallint, %L)', tests.account()), 'in another shard it does not exist');
select is_empty('select * from app.get_account(0::smallint, gen_random_uuid())', 'an account that is not there is no row');

select * from finish();
rollback;
