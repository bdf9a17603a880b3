-- A minute's calls at once, then one as often as the limit says.
begin;
select no_plan();
select tests.clock();

create function pg_temp.take (p_caller text default 'key:1') returns jsonb language sql as $$ select app.take_api_call(0::smallint, tests.tenant(), p_caller, 3) $$;
select is(pg_temp.take(), '{"allowed": true, "limit": 3, "remaining": 2, "reset_s": 20, "retry_s": 0}', 'the first of three');
select is(pg_temp.take() -> 'remaining', '1', 'the second');
select is(pg_temp.take() -> 'remaining', '0', 'the third');
select is(pg_temp.take(), '{"allowed": false, "limit": 3, "remaining": 0, "reset_s": 60, "retry_s": 20}', 'the fourth has to wait');
select is(pg_temp.take() -> 'retry_s', '20', 'and being refused makes nobody wait longer');
select is(pg_temp.take('key:2') -> 'remaining', '2', 'another caller has a bucket of its own');
select tests.later('19 seconds');
select is(pg_temp.take() -> 'allowed', 'false', 'not yet');
select tests.later('1 second');
select is(pg_temp.take() -> 'allowed', 'true', 'one more after a third of a minute');
select is(pg_temp.take() -> 'allowed', 'false', 'and no other');
select tests.later('1 hour');
select is(pg_temp.take(), '{"allowed": true, "limit": 3, "remaining": 2, "reset_s": 20, "retry_s": 0}', 'what nobody used is not saved up');

select * from finish();
rollback;
