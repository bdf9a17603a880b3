-- INTENT.
begin;
select no_plan();

select tests.clock();
select app.set_account_credentials(0::smallint, tests.account(), 'k', 'c');
create temp table o as select tests.outbound() as id;
select is(tests.start_attempt(id, 'w7'), jsonb_build_object('action', 'send', 'attempt_no', 1, 'account_id', tests.account(), 'recipient', '{"phone": "15550001"}'::jsonb,
  'content', '{"type": "text", "text": "text of out-1"}'::jsonb, 'correlation_id', 'cor-out-1', 'fresh_media', false,
  'credentials_at', app.now()), 'what to send, to whom') from o;
select results_eq('select attempt_no, state, worker, token, started_at, finished_at from app.outbound_attempt',
  $$ values (1::smallint, 'INTENT', 'w7', tests.token(tests.conversation(), 'outbound'), app.now(), null::timestamptz) $$, 'the attempt');
select results_eq('select o.status, m.status from app.outbound_message o join public.messages m on m.id = o.message_id', $$ values ('SENDING', 'SENDING') $$, 'people see it too');

select * from finish();
rollback;
