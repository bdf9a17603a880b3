-- QUEUED, and what waits behind it goes on.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id, tests.outbound('out-2') as next;
select throws_ok($$ select app.cancel_outbound_message(0::smallint, tests.tenant(), id) from o $$, 'SB409', null, 'it is on its way');
select tests.finish_attempt(id, '{"state": "REJECTED", "class": "retry", "code": "131000"}') from o;
select is(app.cancel_outbound_message(0::smallint, tests.tenant(), id), 'CANCELLED', 'refused and waiting: it can be cancelled') from o;
select is(app.cancel_outbound_message(0::smallint, tests.tenant(), id), 'CANCELLED', 'twice is once') from o;
select is((tests.ready(tests.conversation(), 'outbound')).at, app.now(), 'nothing waits for it');
select is(tests.start_attempt(id), '{"action": "done"}'::jsonb, 'it is passed over') from o;
select is(tests.start_attempt(next) ->> 'action', 'send', 'the next goes') from o;
select results_eq($$ select o.cancelled_at, m.status from app.outbound_message o join public.messages m on m.id = o.message_id where o.idempotency_key = 'out-1' $$, $$ values (app.now(), 'CANCELLED') $$, 'people see it');

select * from finish();
rollback;
