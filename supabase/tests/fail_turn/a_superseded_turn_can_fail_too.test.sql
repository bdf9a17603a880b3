-- Its workers are lost before they begin it again.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.ingest(tests.event('in-2', 'and dessert'));
select tests.answer(tests.conversation(), 'dropped');
select tests.later('900 milliseconds');
select tests.claim();
select is(app.fail_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2, '{"code": "x"}', p_max_tries => 0), 'dead', 'given up');
select results_eq('select status from app.turns', $$ values ('failed') $$, 'the turn has failed');

select * from finish();
rollback;
