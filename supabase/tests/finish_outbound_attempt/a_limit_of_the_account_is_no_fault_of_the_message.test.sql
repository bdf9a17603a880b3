-- Throttled, paused, stopped: it stays QUEUED however often.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id, tests.outbound('out-2') as next;
select is(tests.finish_attempt(id, '{"state": "REJECTED", "class": "slow_number", "code": "130429", "message": "slow"}', 1), 'QUEUED', 'throttled: queued') from o;
select results_eq('select state, code, strikes, blocked_until from app.account_send_state', $$ values ('slowed', '130429', 1::smallint, app.now() + interval '2 seconds') $$, 'the account is slowed');
select is((select refused from app.outbound_message where idempotency_key = 'out-1'), 0::smallint, 'nothing is counted');
select tests.later('2 seconds');
select tests.start_attempt(id), tests.leave(id) from o;
select is(tests.finish_attempt(id, '{"state": "REJECTED", "class": "stop_channel", "code": "190", "message": "token"}', 1), 'QUEUED', 'stopped: queued') from o;
select results_eq('select state, code from app.account_send_state', $$ values ('stopped', '190') $$, 'the account is stopped');
select results_eq('select kind, subject from public.tasks', $$ values ('channel_stopped', tests.account()::text) $$, 'and a person is asked');
select is(tests.start_attempt(id) ->> 'why', 'stopped', 'the lane waits, in its order') from o;

select * from finish();
rollback;
