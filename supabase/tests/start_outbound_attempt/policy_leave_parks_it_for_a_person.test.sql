-- After waiting in vain.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id, tests.outbound('out-2') as next;
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select tests.later('60 seconds');
select is(tests.start_attempt(id), '{"action": "done"}'::jsonb, 'it is not sent again') from o;
select results_eq('select o.status, m.status from app.outbound_message o join public.messages m on m.id = o.message_id where o.idempotency_key = ''out-1''', $$ values ('PARKED', 'PARKED') $$, 'a person decides');
select is((select count(*)::integer from app.outbound_attempt), 1, 'there was one attempt');
select is(tests.start_attempt(next) ->> 'action', 'send', 'the next message goes out') from o;

select * from finish();
rollback;
