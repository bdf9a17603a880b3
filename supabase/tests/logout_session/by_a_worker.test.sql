-- Logging out is a workers work when there is something to log out of.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as fresh, tests.session(p_no => '2') as linked;
select app.logout_session(0::smallint, fresh) from s;
create temp table t as select linked, tests.open_session(linked) as token from s;
grant select on s, t to public;
set local role service_role;
select is((select state || ' ' || desired from public.sessions join s on account_id = fresh), 'LOGGED_OUT stopped', 'one that was never linked is logged out at once');
select app.release_session(0::smallint, linked, token), app.logout_session(0::smallint, linked) from t;
select results_eq($$ select account_id, desired, state from app.acquire_sessions(0::smallint, 'w2', 10, '30 seconds') $$, $$ select linked, 'logged_out', 'DEGRADED' from s $$, 'a linked one is given to a worker for it');
select app.set_session_state(0::smallint, linked, tests.session_token(linked, 'w2'), 'LOGGED_OUT', 'logged_out', 'w') from s;
select is((select state || ' ' || desired from public.sessions join s on account_id = linked), 'LOGGED_OUT stopped', 'then it is done');
select lives_ok($$ select app.logout_session(0::smallint, linked) from s $$, 'and may be asked for again');
select throws_ok($$ select app.logout_session(0::smallint, gen_random_uuid()) $$, 'SB404', null, 'only of what is there');

select * from finish();
rollback;
