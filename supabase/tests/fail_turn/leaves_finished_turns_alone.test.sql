-- Only the open one is concerned.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.answer(tests.conversation(), 'hi');
select tests.later('1 minute');
select tests.working_turn('in-2');
select app.fail_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2, '{"code": "down"}', 1);
select results_eq('select first_seq, status from app.turns order by first_seq', $$ values (1::bigint, 'answered'), (2, 'failed') $$, 'the answered one stays answered');

select * from finish();
rollback;
