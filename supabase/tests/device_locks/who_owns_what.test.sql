-- Owners, tokens and times; live as long as the lease runs.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
create temp table t as select account, tests.session_token(account) as token from s;
grant select on t to public;
set local role service_role;
select results_eq('select account_id, owner, token, expires_at, live from app.device_locks', $$ select account, 'w1', token, app.now() + interval '30 seconds', true from t $$, 'this one');
select tests.later('31 seconds');
select results_eq('select owner, live from app.device_locks', $$ values ('w1', false) $$, 'which dies with its lease');

select * from finish();
rollback;
