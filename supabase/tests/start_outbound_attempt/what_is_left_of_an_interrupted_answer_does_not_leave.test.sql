-- The customer spoke again after the first part had left.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.answer(tests.conversation(), 'one', 'two', 'three');
create temp table o as select o.id, row_number() over (order by m.position) as n from app.outbound_message o join public.messages m on m.id = o.message_id and m.shard = o.shard;

select is(tests.start_attempt(id) ->> 'action', 'send', 'the first part leaves') from o where n = 1;
select tests.ingest(tests.event('in-2', 'and dessert'));
select tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}') from o where n = 1;
select is(tests.start_attempt(id) ->> 'action', 'done', 'the second does not') from o where n = 2;
select results_eq('select x.status, x.error ->> ''code'' from app.outbound_message x join o using (id) order by n',
  $$ values ('SENT', null), ('CANCELLED', 'interrupted'), ('CANCELLED', 'interrupted') $$, 'nor does the third, and they say why');
select results_eq('select status from app.turns', $$ values ('answered') $$, 'the turn stays answered');
select is((select jsonb_agg(m ->> 'text') from app.ai_conversation_memory, jsonb_array_elements(messages) m), '["hello", "one"]'::jsonb, 'the agent remembers what was said');
select is(tests.start_attempt(id) ->> 'action', 'done', 'the lane runs empty') from o where n = 3;

select * from finish();
rollback;
