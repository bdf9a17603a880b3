-- The pause doubles with every try, and begins anew only after five minutes of being open.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
create temp table t as select account, tests.open_session(account) as token from s;
grant select on t to public;
set local role service_role;
create function pg_temp.become (p_state text, p_reason text default null, p_retry interval default null) returns integer language sql as
  $$ select app.set_session_state(0::smallint, account, token, p_state, p_reason, p_reason, p_retry) from t $$;
select ok(pg_temp.become('BACKOFF', 'lost') <@ int4range(750, 1250, '[]'), 'about a second');
select ok(pg_temp.become('BACKOFF', 'lost') <@ int4range(1500, 2500, '[]'), 'about two');
select ok(pg_temp.become('BACKOFF', 'lost') <@ int4range(3000, 5000, '[]'), 'about four');
select ok((select retry_at between '2026-11-20 10:00:03Z' and '2026-11-20 10:00:05Z' from public.sessions), 'and people see when');
select pg_temp.become('OPEN');
select tests.later('4 minutes');
select ok(pg_temp.become('BACKOFF', 'lost') <@ int4range(6000, 10000, '[]'), 'four minutes are not stable');
select pg_temp.become('OPEN');
select tests.later('5 minutes');
select pg_temp.become('DEGRADED', 'restart_required');
select ok(pg_temp.become('BACKOFF', 'lost') <@ int4range(750, 1250, '[]'), 'five are');
select pg_temp.become('BACKOFF', 'lost') from generate_series(1, 10);
select ok(pg_temp.become('BACKOFF', 'lost') <@ int4range(45000, 75000, '[]'), 'never much more than a minute');
select is(pg_temp.become('BACKOFF', 'replaced', '10 seconds'), 10000, 'or as long as is asked for');

select * from finish();
rollback;
