-- Only the present token passes.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
create temp table t as select account, tests.session_token(account) as token from s;
grant select on t to public;
set local role service_role;
select lives_ok($$ select app.assert_session(0::smallint, account, token) from t $$, 'the present one');
select tests.later('1 hour');
select lives_ok($$ select app.assert_session(0::smallint, account, token, true) from t $$, 'also when it ran out and nobody has taken the session');
select app.acquire_sessions(0::smallint, 'w2', 1, '30 seconds');
select throws_ok($$ select app.assert_session(0::smallint, account, token) from t $$, 'SB001', format('token %s is not the present lease of session %s', token, account), 'not when somebody has') from t;

select * from finish();
rollback;
