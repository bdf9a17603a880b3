-- STOP while the agent worked: nothing is said, and nothing is remembered as said.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.ingest(tests.event('in-2', 'STOP'));
select is(tests.answer(tests.conversation(), 'we have a lovely dessert'), 0, 'no reply is queued');
select results_eq('select status, reason from app.turns', $$ values ('skipped', 'the customer opted out while the agent worked') $$, 'the turn says why');
select is((select count(*) from app.outbound_message), 1::bigint, 'the confirmation is all');
select is((select jsonb_agg(m ->> 'text') from app.ai_conversation_memory, jsonb_array_elements(messages) m), '["hello"]'::jsonb, 'the agent remembers what was said');

select * from finish();
rollback;
