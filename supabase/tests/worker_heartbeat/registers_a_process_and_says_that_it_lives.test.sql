-- Heartbeats.
begin;
select no_plan();

select tests.clock();
select app.worker_heartbeat('r', 'runner', '{"version": 1}');
select tests.later('5 seconds');
select app.worker_heartbeat('r', 'runner', '{"version": 2}');
select results_eq('select id, kind, detail, started_at, heartbeat_at from app.workers',
  $$ values ('r', 'runner', '{"version": 2}'::jsonb, '2026-11-20 10:00:00Z'::timestamptz, '2026-11-20 10:00:05Z'::timestamptz) $$, 'one row a process');
select tests.later('61 minutes');
select app.worker_heartbeat('s', 'runner');
select results_eq('select id from app.workers', $$ values ('s') $$, 'who has been silent for an hour is forgotten');
select throws_ok($$ select app.worker_heartbeat('x', 'ghost') $$, '23514', null, 'a worker is a runner or a function');

select * from finish();
rollback;
