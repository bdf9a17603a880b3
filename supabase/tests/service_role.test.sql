-- The engine's user is the service role, with no more rights than its grants: the whole way of a message under it.
begin;
select no_plan();

select tests.clock();
set local role service_role;
select is(tests.working_turn() ->> 'action', 'answer', 'it ingests, claims and starts a turn');
select is(tests.answer(tests.conversation(), 'one', 'two'), 2, 'answers');
select is(tests.start_attempt((select id from app.outbound_message order by idempotency_key limit 1)) ->> 'action', 'send', 'starts a send');
select is(tests.finish_attempt((select id from app.outbound_message order by idempotency_key limit 1), '{"state": "ACCEPTED", "provider_message_id": "p1"}'), 'SENT', 'ends it');
select is(tests.ingest(tests.status('p1', 'read')) -> 'stored', '1', 'takes in its status');
select tests.start_attempt((select id from app.outbound_message order by idempotency_key desc limit 1));
select app.schedule_message_retry(0::smallint, 'outbound', tests.conversation(), tests.token(tests.conversation(), 'outbound'), 2, '{}', 1);
select is(app.replay_dead_letter(0::smallint, (select id from app.queue_dead_letter)), 3::bigint, 'replays a dead letter');
select lives_ok($$ select app.worker_heartbeat('r', 'runner'), app.worker_goodbye('r'), app.register_service('agent:x', 'agent', 1, 1),
  app.register_service_endpoint('agent:x', 'http://a:1'), app.report_service_endpoint('agent:x', 'http://a:1', 'healthy', 'closed'),
  app.deregister_service_endpoint('agent:x', 'http://a:1'), app.readiness(true), app.next_queue_at(0::smallint, 'inbound') $$, 'says that it lives, and what else lives');
select isnt_empty($$ select * from public.message_trace('in-1') $$, 'tells the way of a message');
select lives_ok($$ select app.set_account_credentials(0::smallint, tests.account(), 'k', 'c'), app.get_account(0::smallint, tests.account()),
  app.configure_tenant(0::smallint, tests.tenant(), 1), app.upsert_knowledge_article(0::smallint, tests.tenant(), 't', 'b'),
  app.search_knowledge(0::smallint, tests.tenant(), 'b') $$, 'and keeps the house');

select * from finish();
rollback;
