-- Advisory locks by identity.
begin;
select no_plan();

select app.lock_identities(0::smallint, tests.tenant(), tests.ids('phone', '1', 'bsuid', 'US.1', 'phone', '1', 'username', 'ana'));
select is((select count(*)::integer from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()), 2,
  'one lock an address, none for a username, which identifies nobody');
select app.lock_identities(0::smallint, tests.tenant('b'), tests.ids('phone', '1'));
select is((select count(*)::integer from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()), 3,
  'the same address at another tenant is another person');
select lives_ok($$ select app.lock_identities(0::smallint, tests.tenant(), '[]') $$, 'nobody is nothing to lock');
select lives_ok($$ select app.lock_identities(0::smallint, tests.tenant(), '["nonsense", {}, null, 7]') $$, 'nonsense is nothing to lock either: ingest_event finds it');

select * from finish();
rollback;
