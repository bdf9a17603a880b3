-- Delivered, says the status; unknown or refused, says the answer.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.ingest(tests.status('p1', 'delivered', (select id from o)));
select is(tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}'), 'DELIVERED', 'it is delivered') from o;
create temp table p as select tests.sending('out-2') as id;
select tests.ingest(tests.status('p2', 'failed', (select id from p), p_over => '{"error": {"code": 131026}}'));
select is(tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p2"}'), 'FAILED', 'failed, says a status, although it was accepted') from p;
select is((select error from app.outbound_message where idempotency_key = 'out-2'), '{"code": 131026}'::jsonb, 'with the status'' reason');

select * from finish();
rollback;
