-- SB001, and nothing is written.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn() as t;
create temp table o as select tests.sending() as id;
create temp table held as select tests.conversation() as lane, tests.token(tests.conversation()) as inbound, tests.token(tests.conversation(), 'outbound') as outbound;
select tests.later('31 seconds');
select tests.claim('inbound', 'w2'), tests.claim('outbound', 'w2');
create temp table before as select (select jsonb_agg(to_jsonb(r) order by r.queue) from app.queue_ready r) as ready,
  (select jsonb_agg(to_jsonb(m) order by m.position) from public.messages m) as messages, (select to_jsonb(c) from public.conversations c) as conversation,
  (select to_jsonb(t) from app.turns t) as turn, (select to_jsonb(b) from app.outbound_message b) as outbound, (select to_jsonb(m) from app.ai_conversation_memory m) as memory;
select throws_ok($$ select app.complete_queue_messages(0::smallint, 'inbound', lane, inbound, 1) from held $$, 'SB001', null, 'complete_queue_messages');
select throws_ok($$ select app.schedule_message_retry(0::smallint, 'inbound', lane, inbound, 1, '{}') from held $$, 'SB001', null, 'schedule_message_retry');
select throws_ok($$ select app.extend_lease(0::smallint, 'inbound', lane, inbound) from held $$, 'SB001', null, 'extend_lease');
select throws_ok($$ select app.hold_lane(0::smallint, 'inbound', lane, inbound, app.now()) from held $$, 'SB001', null, 'hold_lane');
select throws_ok($$ select app.start_turn(0::smallint, lane, inbound, 1) from held $$, 'SB001', null, 'start_turn');
select throws_ok($$ select app.complete_turn(0::smallint, lane, inbound, 1, (t ->> 'turn_id')::uuid, '{"replies": [{"body": "x", "content": {"type": "text"}}]}') from held, turn $$, 'SB001', null, 'complete_turn');
select throws_ok($$ select app.fail_turn(0::smallint, lane, inbound, 1, '{}', 1) from held $$, 'SB001', null, 'fail_turn');
select throws_ok($$ select app.start_outbound_attempt(0::smallint, lane, outbound, 1, id, 'w1') from held, o $$, 'SB001', null, 'start_outbound_attempt');
select throws_ok($$ select app.finish_outbound_attempt(0::smallint, lane, outbound, 1, id, 1::smallint, '{"state": "ACCEPTED", "provider_message_id": "x"}') from held, o $$, 'SB001', null, 'finish_outbound_attempt');
select results_eq('select * from before', $$ select (select jsonb_agg(to_jsonb(r) order by r.queue) from app.queue_ready r),
  (select jsonb_agg(to_jsonb(m) order by m.position) from public.messages m), (select to_jsonb(c) from public.conversations c),
  (select to_jsonb(t) from app.turns t), (select to_jsonb(b) from app.outbound_message b), (select to_jsonb(m) from app.ai_conversation_memory m) $$, 'none of them wrote anything');

select * from finish();
rollback;
