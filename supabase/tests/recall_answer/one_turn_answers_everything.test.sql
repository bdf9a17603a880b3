-- The customer wrote more before the answer left.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.answer(tests.conversation(), 'one', 'two');
create temp table o as select o.id, row_number() over (order by m.position) as n from app.outbound_message o join public.messages m on m.id = o.message_id and m.shard = o.shard;

select tests.later('300 milliseconds');
select tests.ingest(tests.event('in-2', 'and dessert'));
select tests.claim('outbound');
select ok(app.recall_answer(0::smallint, tests.conversation(), tests.token(tests.conversation(), 'outbound'), (select id from o where n = 1)), 'it is taken back');
select results_eq('select o.status, m.status, o.cancelled_at, o.error ->> ''code'' from app.outbound_message o join public.messages m on m.id = o.message_id',
  $$ select 'CANCELLED', 'CANCELLED', app.now(), 'superseded' from generate_series(1, 2) $$, 'all of it');
select results_eq('select status, reason, superseded from app.turns', $$ values ('superseded', 'the customer wrote more before the answer was sent', 1::smallint) $$, 'the turn says so');
select is((select messages from app.ai_conversation_memory), '[]'::jsonb, 'the agent has not said it');
select results_eq($$ select at, done, tries, burst_at from app.queue_ready where queue = 'inbound' $$,
  $$ values (app.now() + interval '900 milliseconds', 0::bigint, 0::smallint, '2026-11-20 10:00:00Z'::timestamptz) $$, 'the burst begins with the first message again');
select tests.later('900 milliseconds');
select tests.claim();
create temp table second as select app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2) as t;
select is((select jsonb_path_query_array(t, '$.messages[*].text') from second), '["hello", "and dessert"]'::jsonb, 'the agent is asked both');
select is((select t -> 'memory' from second), '[]'::jsonb, 'and remembers neither');
select is(tests.answer(tests.conversation(), 'both'), 1, 'the new answer is stored beside the old');
select results_eq('select first_seq, last_seq, status, tries from app.turns', $$ values (1::bigint, 2::bigint, 'answered', 1::smallint) $$, 'it was one turn');
select is_empty($$ select * from app.queue_ready where queue = 'inbound' $$, 'nothing is left to answer');
select is((select jsonb_agg(m ->> 'text') from app.ai_conversation_memory, jsonb_array_elements(messages) m), '["hello", "and dessert", "both"]'::jsonb, 'everything is remembered once');

select * from finish();
rollback;
