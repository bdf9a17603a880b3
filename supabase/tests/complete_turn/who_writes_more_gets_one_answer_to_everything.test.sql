-- on_new_message = supersede: the answer is dropped, one turn covers old and new messages.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn() as t;
select tests.later('500 milliseconds');
select tests.ingest(tests.event('in-2', 'and dessert'));
select is(app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, (t ->> 'turn_id')::uuid,
  '{"replies": [{"body": "hi", "content": {"type": "text"}}], "actions": [{"type": "request_person", "reason": "x"}], "usage": {"inputTokens": 7, "tools": ["a"], "model": "m"}, "ms": 400}'),
  null, 'the answer is dropped') from turn;
select is_empty('select * from app.outbound_message', 'nothing is sent');
select is((select messages from app.ai_conversation_memory), '[]'::jsonb, 'nothing is remembered');
select is((select person_requested_at from public.conversations), null, 'and nobody is asked for');
select results_eq('select status, reason, superseded, superseded_at, usage, agent_ms from app.turns',
  $$ values ('superseded', 'the customer wrote more while the agent worked', 1::smallint, app.now(), '{"inputTokens": 7, "tools": ["a"], "model": "m"}'::jsonb, 400) $$, 'the turn says so, and what it cost');
select results_eq('select at, done, tries, leased_by from app.queue_ready', $$ values (app.now() + interval '900 milliseconds', 0::bigint, 0::smallint, null::text) $$,
  'the lane waits for the end of the burst; no try has failed');
select tests.later('900 milliseconds');
select tests.claim();
create temp table second as select app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2) as t;
select is((select t ->> 'turn_id' from second), (select t ->> 'turn_id' from turn), 'it is the same turn');
select is((select jsonb_path_query_array(t, '$.messages[*].text') from second), '["hello", "and dessert"]'::jsonb, 'with both messages');
select is((select tries from app.turns), 1::smallint, 'on its first try still');
select app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2, (t ->> 'turn_id')::uuid,
  '{"replies": [{"body": "both", "content": {"type": "text"}}], "usage": {"inputTokens": 9, "tools": ["b"], "model": "n"}}') from turn;
select results_eq('select status, reason, first_seq, last_seq, usage from app.turns',
  $$ values ('answered', null::text, 1::bigint, 2::bigint, '{"inputTokens": 16, "tools": ["a", "b"], "model": "n"}'::jsonb) $$, 'answered, with the cost of both answers');
select is((select jsonb_agg(m ->> 'text') from app.ai_conversation_memory, jsonb_array_elements(messages) m), '["hello", "and dessert", "both"]'::jsonb, 'remembered once');

select * from finish();
rollback;
