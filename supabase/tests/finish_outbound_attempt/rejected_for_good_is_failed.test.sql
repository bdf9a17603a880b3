-- The lane moves on.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id, tests.outbound('out-2') as next;
select is(tests.finish_attempt(id, '{"state": "REJECTED", "code": "131026", "message": "cannot receive", "class": "never"}'), 'FAILED', 'it failed') from o;
select results_eq('select o.status, o.failed_at, o.error ->> ''code'', m.status from app.outbound_message o join public.messages m on m.id = o.message_id where o.idempotency_key = ''out-1''',
  $$ values ('FAILED', app.now(), '131026', 'FAILED') $$, 'with the reason');
select is(tests.start_attempt(next) ->> 'action', 'send', 'the next message goes out') from o;

select * from finish();
rollback;
