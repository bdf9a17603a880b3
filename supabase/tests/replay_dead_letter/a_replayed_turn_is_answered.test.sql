-- A burst that died, replayed after the cause was mended.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select app.fail_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, '{"code": "x"}', 1);
select app.replay_dead_letter(0::smallint, (select id from app.queue_dead_letter));
select tests.claim();
select is(app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2) -> 'messages' -> 0 ->> 'text', 'hello', 'the agent sees the message again');
select is(tests.answer(tests.conversation(), 'at last'), 1, 'and answers');

select * from finish();
rollback;
