-- A sign of life for many at once; each answer says what is wanted.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session(p_no => n::text) as account, n from generate_series(1, 6) as n;
create temp table t as select n, account, tests.session_token(account) as token from s;
select tests.open_session(account) from t where n in (2, 3);
grant select on t to public;
set local role service_role;
select app.stop_session(0::smallint, account) from t where n = 2;
select app.logout_session(0::smallint, account) from t where n = 3;
select app.move_session(0::smallint, account) from t where n = 4;
update app.session_leases set token = t.token + 1000 from t where session_leases.account_id = account and n = 5;
select tests.later('40 seconds');
create function pg_temp.renew (p_worker text) returns table (n integer, wish text) language sql as $$
  select t.n, r.wish from app.renew_sessions(0::smallint, p_worker, (select jsonb_agg(jsonb_build_object('account_id', account, 'token', token)) from t), '30 seconds') r
    join t on t.account = r.account_id order by 1 $$;
select results_eq($$ select * from pg_temp.renew('w1') $$, $$ values (1, 'run'), (2, 'stop'), (3, 'logout'), (4, 'move'), (5, 'gone'), (6, 'run') $$,
  'what ran out and nobody took is renewed; what has another token is gone');
select is((select count(*) from app.session_leases where expires_at = app.now() + interval '30 seconds'), 5::bigint, 'for so long');
select is((select count(*) from pg_temp.renew('w2') where wish = 'gone'), 6::bigint, 'another worker renews none');
select app.worker_heartbeat('w1', 'runner');
select is(app.drain_worker('w1'), true, 'a worker that is drained');
select is((select wish from pg_temp.renew('w1') where n = 1), 'move', 'gives all away');
select is_empty($$ select * from app.acquire_sessions(0::smallint, 'w1', 10, '1 second') $$, 'and takes none');

select * from finish();
rollback;
