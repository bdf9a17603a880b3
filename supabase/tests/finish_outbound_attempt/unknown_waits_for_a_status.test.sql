-- The request left and no answer came.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id, tests.outbound('out-2') as next;
select is(tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout", "message": "no answer"}'), 'UNKNOWN', 'nobody knows') from o;
select results_eq('select o.status, o.unknown_since, m.status from app.outbound_message o join public.messages m on m.id = o.message_id where o.idempotency_key = ''out-1''',
  $$ values ('UNKNOWN', app.now(), 'UNKNOWN') $$, 'and it says so');
select is((tests.ready(tests.conversation(), 'outbound')).at, app.now() + interval '60 seconds', 'the lane waits, with everything behind it');

select * from finish();
rollback;
