-- Replies, memory, turn, queue: one transaction.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn() as t;
select tests.later('2 seconds');
select is(app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, (t ->> 'turn_id')::uuid,
  '{"replies": [{"body": "hi", "content": {"type": "text", "text": "hi"}}, {"body": "a menu", "content": {"type": "image"}}], "endpoint": "http://a:1",
    "called_at": "2026-11-20T10:00:01Z", "ms": 1500, "usage": {"tokens": 7}}'), 2, 'two replies are queued') from turn;
select results_eq('select position, direction, author, type, body, status, turn_id from public.messages order by position',
  $$ select 1::bigint, 'in', 'customer', 'text', 'hello', null::text, (t ->> 'turn_id')::uuid from turn union all
     select 2, 'out', 'agent', 'text', 'hi', 'QUEUED', (t ->> 'turn_id')::uuid from turn union all
     select 3, 'out', 'agent', 'image', 'a menu', 'QUEUED', (t ->> 'turn_id')::uuid from turn order by 1 $$, 'the conversation has them, in order');
select results_eq($$ select q.seq, o.content ->> 'type', o.status, o.correlation_id from app.message_queue q
    join app.outbound_message o on o.id = (q.payload ->> 'outbound_id')::uuid where q.queue = 'outbound' order by q.seq $$,
  $$ values (1::bigint, 'text', 'QUEUED', 'cor-in-1'), (2, 'image', 'QUEUED', 'cor-in-1') $$, 'and so has the outbound lane');
select results_eq('select status, reason, endpoint, usage, agent_called_at, agent_ms, finished_at from app.turns',
  $$ values ('answered', null::text, 'http://a:1', '{"tokens": 7}'::jsonb, '2026-11-20 10:00:01Z'::timestamptz, 1500, app.now()) $$, 'the turn is answered');
select is_empty($$ select * from app.queue_ready where queue = 'inbound' $$, 'the inbound lane is idle');
select is((select jsonb_agg(m ->> 'role' || ':' || (m ->> 'text')) from app.ai_conversation_memory, jsonb_array_elements(messages) m), '["user:hello", "assistant:hi", "assistant:a menu"]'::jsonb, 'it is remembered');

select * from finish();
rollback;
