-- The echo came while the agent worked.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn() as t;
select tests.ingest(tests.event('p1', 'I do it', p_kind => 'echo'));
select is(tests.answer(tests.conversation(), 'the agent''s answer'), 0, 'nothing is sent');
select results_eq('select status, reason from app.turns', $$ values ('skipped', 'a person took over while the agent worked') $$, 'the turn is skipped, and says why');
select is((select count(*)::integer from app.outbound_message), 0, 'the reply is dropped');
select is((select jsonb_agg(m ->> 'role') from app.ai_conversation_memory, jsonb_array_elements(messages) m), '["person", "user"]'::jsonb, 'and not remembered');

select * from finish();
rollback;
