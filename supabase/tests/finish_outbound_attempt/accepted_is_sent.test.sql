-- The provider took it.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select is(tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1", "response": {"ok": 1}}'), 'SENT', 'it is sent') from o;
select results_eq('select o.status, o.provider_message_id, o.sent_at, m.status, m.provider_message_id from app.outbound_message o join public.messages m on m.id = o.message_id',
  $$ values ('SENT', 'p1', app.now(), 'SENT', 'p1') $$, 'with the provider''s id, for people too');
select results_eq('select state, finished_at, provider_message_id, response from app.outbound_attempt', $$ values ('ACCEPTED', app.now(), 'p1', '{"ok": 1}'::jsonb) $$, 'the attempt says so');
select is_empty($$ select * from app.queue_ready where queue = 'outbound' $$, 'the lane is free');

select * from finish();
rollback;
