-- The customer is never left without anybody.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select is(app.fail_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, '{"code": "down"}', 1), 'dead', 'it is given up');
select results_eq('select status, error, finished_at from app.turns', $$ values ('failed', '{"code": "down"}'::jsonb, app.now()) $$, 'the turn failed');
select results_eq('select person_requested_at, person_request_reason from public.conversations', $$ values (app.now(), 'the agent could not answer') $$, 'a person is asked for');
select results_eq('select seq, error from app.queue_dead_letter', $$ values (1::bigint, '{"code": "down"}'::jsonb) $$, 'the message is a dead letter with the reason');
select is_empty('select * from app.queue_ready', 'the lane is free');

select * from finish();
rollback;
