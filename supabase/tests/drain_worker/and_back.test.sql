-- A worker is drained until it is not.
begin;
select no_plan();

select tests.clock();
set local role service_role;
select is(app.drain_worker('w1'), false, 'there is none of that name');
select app.worker_heartbeat('w1', 'runner', '{"a": 1}');
select is(app.drain_worker('w1'), true, 'there is');
select app.worker_heartbeat('w1', 'runner', '{"a": 2}');
select is((select draining from app.workers where id = 'w1'), true, 'a sign of life changes nothing about it');
select is(app.drain_worker('w1', false), true, 'taken back');
select is((select draining from app.workers where id = 'w1'), false, 'it works on');

select * from finish();
rollback;
