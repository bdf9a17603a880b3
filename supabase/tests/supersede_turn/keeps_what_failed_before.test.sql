-- Earlier tries of the head count on.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select app.fail_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, '{"code": "x"}', p_retry_after => '1 second');
select tests.later('1 second');
select tests.claim();
select app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1);
select tests.ingest(tests.event('in-2', 'and dessert'));
select tests.answer(tests.conversation(), 'late');
select results_eq('select tries from app.queue_ready', $$ values (1::smallint) $$, 'one try has failed');
select results_eq('select tries, superseded from app.turns', $$ values (2::smallint, 1::smallint) $$, 'the turn knows both');

select * from finish();
rollback;
