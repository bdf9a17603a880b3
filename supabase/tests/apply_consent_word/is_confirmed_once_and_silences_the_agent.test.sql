-- STOP, and START again, the way that messages come.
begin;
select no_plan();

select tests.clock();
select is(tests.ingest(tests.event('in-1', 'STOP')) ->> 'stored', '1', 'it is stored');
select results_eq('select scope, action, source, event_key, message_id from public.consent_events',
  $$ select 'all', 'stop', 'word', 'message:in-1', id from public.messages where direction = 'in' $$, 'the proof names the message');
select is_empty($$ select from app.queue_ready where queue = 'inbound' $$, 'no agent is woken');
select results_eq('select m.author, m.body, o.purpose from app.outbound_message o join public.messages m on m.id = o.message_id',
  $$ values ('system', 'You will get no more messages from us. Reply START to get them again.', 'consent_confirmation') $$, 'one confirmation');
select is(tests.start_attempt(id) ->> 'action', 'send', 'leaves') from app.outbound_message;
select tests.later('1 minute');
select tests.ingest(tests.event('in-2', 'stop'), tests.event('in-3', 'hello?'));
select is((select count(*) from app.outbound_message), 1::bigint, 'and no second one');
select is_empty($$ select from app.queue_ready where queue = 'inbound' $$, 'nothing else is answered');
select tests.later('1 minute');
select tests.ingest(tests.event('in-4', 'start'));
select is((select count(*) from app.outbound_message where purpose = 'consent_confirmation'), 2::bigint, 'START is confirmed');
select tests.ingest(tests.event('in-5', 'start'));
select results_eq($$ select payload ->> 'message_id' from app.message_queue where queue = 'inbound' $$,
  $$ select id::text from public.messages where provider_message_id = 'in-5' $$, 'from then on it is a word like any other');

select * from finish();
rollback;
