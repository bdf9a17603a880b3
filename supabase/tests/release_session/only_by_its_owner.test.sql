-- A session is given back by its present owner only.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
create temp table t as select account, tests.open_session(account) as token from s;
grant select on t to public;
set local role service_role;
select is(app.release_session(0::smallint, account, token + 1), false, 'not under another token') from t;
select is(app.release_session(0::smallint, account, token), true, 'given back') from t;
select is(app.release_session(0::smallint, account, token), false, 'once') from t;
select results_eq($$ select owner, expires_at from app.session_leases $$, $$ select null::text, app.now() $$, 'and free at once');
select throws_ok($$ select app.put_session(0::smallint, account, token, 'k', 'AAAA') from t $$, 'SB001', null, 'its former owner writes no more') from t;
select is_empty('select * from app.device_locks', 'no lock is shown');

select * from finish();
rollback;
