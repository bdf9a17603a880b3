-- Accepted, then refused.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.ingest(tests.status('p1', 'failed', p_over => '{"error": {"code": 131026}}'));
select is(tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}'), 'FAILED', 'it failed') from o;
select results_eq('select error, failed_at, sent_at from app.outbound_message', $$ values ('{"code": 131026}'::jsonb, app.now(), app.now()) $$, 'for the status'' reason');

select * from finish();
rollback;
