-- Only a runner counts: the function comes and goes.
begin;
select no_plan();

select tests.clock();
select is(app.runner_is_alive(), false, 'nobody is');
select app.worker_heartbeat('f', 'function');
select is(app.runner_is_alive(), false, 'the queue-worker function is no runner');
select app.worker_heartbeat('r', 'runner');
select is(app.runner_is_alive(), true, 'a runner is');
select tests.later('14 seconds');
select is(app.runner_is_alive(), true, 'for fifteen seconds');
select tests.later('1 second');
select is(app.runner_is_alive(), false, 'and then no longer');

select * from finish();
rollback;
