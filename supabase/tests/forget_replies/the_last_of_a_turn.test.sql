-- The rest stays.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.answer(tests.conversation(), 'one', 'two', 'three');
select app.remember(0::smallint, tests.tenant(), tests.conversation(), '[{"role": "person", "text": "hi", "at": "2026-11-20T10:00:00Z"}]');
create function pg_temp.memory () returns jsonb language sql as $$ select jsonb_agg(m ->> 'text') from app.ai_conversation_memory, jsonb_array_elements(messages) m $$;
select app.forget_replies(0::smallint, tests.conversation(), gen_random_uuid(), 2);
select is(pg_temp.memory(), '["hello", "one", "two", "three", "hi"]'::jsonb, 'another turn is not touched');
select app.forget_replies(0::smallint, tests.conversation(), id, 2) from app.turns;
select is(pg_temp.memory(), '["hello", "one", "hi"]'::jsonb, 'the last two are forgotten');
select app.forget_replies(0::smallint, tests.conversation(), id, 5) from app.turns;
select is(pg_temp.memory(), '["hello", "hi"]'::jsonb, 'there cannot be more than there are');

select * from finish();
rollback;
