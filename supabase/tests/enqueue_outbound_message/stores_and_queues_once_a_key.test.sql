-- Idempotency.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound('k1') as id;
select is(tests.outbound('k1'), (select id from o), 'the same key is the same message');
select is((select count(*)::integer from app.message_queue where queue = 'outbound'), 1, 'queued once');
select results_eq($$ select direction, author, body, status, provider_message_id, position from public.messages where direction = 'out' $$,
  $$ values ('out', 'agent', 'text of k1', 'QUEUED', null::text, 2::bigint) $$, 'and once in the conversation');
select throws_ok($$ select app.enqueue_outbound_message(0::smallint, tests.conversation(), 'agent', 'other', '{"type": "text", "text": "other"}', 'k1', 'c') $$, 'SB409', null, 'another content under the same key is refused');
select tests.ingest(tests.event('x', p_phone => '2'));
select throws_ok($$ select app.enqueue_outbound_message(0::smallint, tests.conversation('2'), 'agent', 'text of k1', '{"type": "text", "text": "text of k1"}', 'k1', 'c') $$, 'SB409', null, 'and so is another conversation');
select isnt(tests.outbound('k1', 'b'), (select id from o), 'another tenant has keys of its own');

select * from finish();
rollback;
