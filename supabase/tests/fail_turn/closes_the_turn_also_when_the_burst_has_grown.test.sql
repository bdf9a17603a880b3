-- The last try failed before its turn was started anew.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select app.fail_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, '{"code": "x"}', p_retry_after => '1 second');
select tests.ingest(tests.event('in-2'));
select tests.later('2 seconds');
select tests.claim();
select is(app.fail_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2, '{"code": "down"}', 2), 'dead', 'both messages are given up');
select results_eq('select status, error from app.turns', $$ values ('failed', '{"code": "down"}'::jsonb) $$, 'no turn stays open for ever');
select is((select count(*)::integer from app.queue_dead_letter), 2, 'both are dead letters');

select * from finish();
rollback;
