-- A session that is moved goes to the worker it is meant for, or at least to another one.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
create temp table t as select account, tests.open_session(account) as token from s;
grant select on t to public;
set local role service_role;
select is(app.move_session(0::smallint, account, 'w1'), false, 'it is there already') from t;
select is(app.move_session(0::smallint, account, 'w2'), true, 'asked for') from t;
select is((select owner from app.session_leases), 'w1', 'its owner closes it first');
select is(app.release_session(0::smallint, account, token), true, 'and gives it back') from t;
select is((select state || ' ' || reason from public.sessions), 'DEGRADED handed_over', 'nobody logs out');
select is_empty($$ select * from app.acquire_sessions(0::smallint, 'w1', 10, '30 seconds') $$, 'it does not take it again');
select is_empty($$ select * from app.acquire_sessions(0::smallint, 'w3', 10, '30 seconds') $$, 'nor does a third one');
select isnt_empty($$ select * from app.acquire_sessions(0::smallint, 'w2', 10, '30 seconds') $$, 'the one it is meant for does');
select app.move_session(0::smallint, account) from t;
select app.release_session(0::smallint, account, (select l.token from app.session_leases l)) from t;
select is_empty($$ select * from app.acquire_sessions(0::smallint, 'w2', 10, '30 seconds') $$, 'to any other, so not to this one');
select tests.later('5 seconds');
select isnt_empty($$ select * from app.acquire_sessions(0::smallint, 'w2', 10, '30 seconds') $$, 'unless nobody else takes it within five seconds');
select app.release_session(0::smallint, account, (select l.token from app.session_leases l)) from t;
select is(app.move_session(0::smallint, account), false, 'what nobody owns is not moved') from t;

select * from finish();
rollback;
