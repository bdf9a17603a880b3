-- Nobody takes more than it has room for, and more than its part only when nobody else takes it.
begin;
select no_plan();

select tests.clock();
select tests.session(p_no => n::text) from generate_series(1, 6) as n;
set local role service_role;
select app.worker_heartbeat('w1', 'runner', '{"sessions": {"cap": 10}}'), app.worker_heartbeat('w2', 'runner', '{"sessions": {"cap": 10}}'),
  app.worker_heartbeat('f', 'function'), app.worker_heartbeat('w0', 'runner', '{"sessions": {"cap": 0}}');
select is((select count(*) from app.acquire_sessions(0::smallint, 'w1', 2, '30 seconds')), 2::bigint, 'as many as it has room for');
select is((select count(*) from app.acquire_sessions(0::smallint, 'w1', 8, '30 seconds')), 1::bigint, 'half of six, because two workers take sessions');
select is((select count(*) from app.acquire_sessions(0::smallint, 'w2', 1, '30 seconds')), 1::bigint, 'the other one begins with one');
select is((select count(*) from app.acquire_sessions(0::smallint, 'w1', 8, '30 seconds')), 0::bigint, 'the rest is left to it');
select tests.later('3 seconds');
select is((select count(*) from app.acquire_sessions(0::smallint, 'w1', 8, '30 seconds')), 2::bigint, 'for three seconds');
select tests.later('30 seconds');
select app.worker_heartbeat('w1', 'runner', '{"sessions": {"cap": 10}}'), app.worker_heartbeat('w2', 'runner', '{"sessions": {"cap": 10}}');
select is((select count(*) from app.acquire_sessions(0::smallint, 'w1', 8, '30 seconds')), 6::bigint, 'what a worker left that died is not kept for anybody');
select is((select count(*) from app.acquire_sessions(0::smallint, 'w3', 0, '30 seconds')), 0::bigint, 'without room there is none');

select * from finish();
rollback;
