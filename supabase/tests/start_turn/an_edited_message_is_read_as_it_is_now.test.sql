-- The last word counts.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1', 'at 7'), tests.event('e1', 'at 8', p_kind => 'edit', p_over => '{"target_id": "in-1"}'));
select tests.later('1 second');
select tests.claim();
select is(app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1) -> 'messages' -> 0 ->> 'text', 'at 8', 'edited');

select * from finish();
rollback;
