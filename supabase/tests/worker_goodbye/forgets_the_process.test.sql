-- An orderly stop.
begin;
select no_plan();

select app.worker_heartbeat('r', 'runner'), app.worker_heartbeat('s', 'runner');
select app.worker_goodbye('r');
select results_eq('select id from app.workers', $$ values ('s') $$, 'only the one that stopped');
select lives_ok($$ select app.worker_goodbye('r') $$, 'twice is no harm');

select * from finish();
rollback;
