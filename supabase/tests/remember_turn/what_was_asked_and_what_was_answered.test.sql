-- A turn in memory.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn('in-1', p_text => 'one') as t;
select tests.ingest(tests.event('v', 'taken back'), tests.event('i', '', p_over => '{"message": {"id": "i", "type": "image", "text": "", "content": {}}}'), tests.event('x', '', p_kind => 'revoke', p_over => '{"target_id": "v"}'));
update public.messages set turn_id = (select (t ->> 'turn_id')::uuid from turn) where provider_message_id in ('in-1', 'v', 'i');
select app.remember_turn(0::smallint, tests.tenant(), tests.conversation(), (select (t ->> 'turn_id')::uuid from turn), '[{"body": "two"}, {"body": "three"}]');
select is((select jsonb_agg(m ->> 'role' || ':' || (m ->> 'text')) from app.ai_conversation_memory, jsonb_array_elements(messages) m), '["user:one", "user:[image]", "assistant:two", "assistant:three"]'::jsonb,
  'in order, without what was revoked; a message without words by its type');

select * from finish();
rollback;
