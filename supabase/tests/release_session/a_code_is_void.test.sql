-- A code that nobody serves any more is not shown.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
create temp table t as select account, tests.session_token(account) as token from s;
grant select on t to public;
set local role service_role;
select app.offer_link_code(0::smallint, account, token, 'c', '20 seconds') from t;
select app.release_session(0::smallint, account, token) from t;
select results_eq($$ select s.state, s.reason, l.code from public.sessions s join public.session_links l using (account_id) $$, $$ values ('NEW', null, null) $$, 'it begins anew');

select * from finish();
rollback;
