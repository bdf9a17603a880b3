-- `wake` starts the queue-worker function where no runner listens.
begin;
select no_plan();

select tests.clock(), tests.account();
select is(tests.ingest(tests.event('m1')) -> 'wake', 'true', 'queued work and no runner: wake');
select is(tests.ingest(tests.event('m1')) -> 'wake', 'true', 'delivered again: whoever took it first may have died before the wake');
select is(tests.ingest(tests.event('m2', p_over => '{"wakes_agent": false}')) -> 'wake', 'false', 'nothing was queued: nothing to wake');
select app.worker_heartbeat('r1', 'runner');
select is(tests.ingest(tests.event('m3')) -> 'wake', 'false', 'a live runner hears of it by itself');
select tests.later('16 seconds');
select is(tests.ingest(tests.event('m4')) -> 'wake', 'true', 'a runner that has been silent for 15 seconds does not');

select * from finish();
rollback;
