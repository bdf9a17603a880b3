-- Advisory.
begin;
select no_plan();

select app.lock_provider_message(0::smallint, tests.account(), 'p1'), app.lock_provider_message(0::smallint, tests.account(), 'p1');
select is((select count(*)::integer from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()), 1, 'the same message, the same lock');
select app.lock_provider_message(0::smallint, tests.account('b'), 'p1');
select is((select count(*)::integer from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()), 2, 'the same id at another account is another message');

select * from finish();
rollback;
