-- A reply that cannot be stored takes everything back.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn() as t;
select throws_ok($$ select app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, (t ->> 'turn_id')::uuid,
  '{"replies": [{"body": "fine", "content": {"type": "text"}}, {"body": "no type", "content": {}}]}') from turn $$, '23502', null, 'the second reply has no type');
select is((select count(*)::integer from app.outbound_message), 0, 'so the first is not sent');
select is((select status from app.turns), 'working', 'the turn is still open');
select is((select messages from app.ai_conversation_memory), '[]'::jsonb, 'nothing is remembered');
select isnt(tests.token(tests.conversation()), null, 'and the lease is still held');

select * from finish();
rollback;
