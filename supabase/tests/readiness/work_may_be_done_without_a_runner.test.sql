-- p_drain.
begin;
select no_plan();

select is(app.readiness(true) -> 'checks' -> 'worker', 'true', 'the queue-worker function does it');
select isnt(app.readiness(false) -> 'checks' -> 'worker', 'true', 'without it a runner is needed');

select * from finish();
rollback;
