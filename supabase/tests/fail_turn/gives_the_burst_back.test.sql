-- A retry.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select is(app.fail_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, '{"code": "timeout"}', p_retry_after => '3 seconds'), 'retry', 'it is tried again');
select results_eq('select status, error, finished_at from app.turns', $$ values ('working', '{"code": "timeout"}'::jsonb, null::timestamptz) $$, 'the turn is open, with its last error');
select is((tests.ready(tests.conversation())).at, app.now() + interval '3 seconds', 'after the time that the other side asked for');
select is((select person_requested_at from public.conversations), null, 'nobody is alarmed yet');

select * from finish();
rollback;
