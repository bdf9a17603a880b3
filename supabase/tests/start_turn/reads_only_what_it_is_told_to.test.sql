-- p_upto.
begin;
select no_plan();

select tests.clock();
select app.configure_tenant(0::smallint, tests.tenant(), p_on_new_message => 'queue');
select tests.ingest(tests.event('in-1', 'one'), tests.event('in-2', 'two'));
select tests.later('1 second');
select tests.claim();
create temp table turn as select app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1) as t;
select is((select jsonb_array_length(t -> 'messages') from turn), 1, 'the first of two');
select tests.answer(tests.conversation(), 'answer to one');
select tests.later('6 seconds');
select tests.claim();
select is(app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2) -> 'messages' -> 0 ->> 'text', 'two', 'the second is another turn''s');
select is((select count(*)::integer from app.turns), 2, 'there are two turns');

select * from finish();
rollback;
