-- Memory without one turn.
begin;
select no_plan();

select tests.clock();
select tests.working_turn('in-1', p_text => 'one');
select tests.answer(tests.conversation(), 'answer one');
select tests.later('1 minute');
create temp table turn as select (tests.working_turn('in-2', p_text => 'two') ->> 'turn_id')::uuid as id;
select tests.answer(tests.conversation(), 'answer two', 'and more');
select tests.ingest(tests.event('e', 'a person', p_kind => 'echo'));
select app.forget_turn(0::smallint, tests.conversation(), id) from turn;
select is((select jsonb_agg(m ->> 'text') from app.ai_conversation_memory, jsonb_array_elements(messages) m), '["one", "answer one", "a person"]'::jsonb, 'the rest stays in its order');
select app.forget_turn(0::smallint, tests.conversation(), (select id from app.turns where first_seq = 1));
select app.forget_turn(0::smallint, tests.conversation(), (select id from app.turns where first_seq = 1));
select is((select jsonb_agg(m ->> 'text') from app.ai_conversation_memory, jsonb_array_elements(messages) m), '["a person"]'::jsonb, 'a second time there is nothing to forget');

select * from finish();
rollback;
