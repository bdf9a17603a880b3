-- The record would hide that it goes back.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.ingest(tests.status('p1', 'failed', id, p_over => '{"error": {"code": 131047}}')) from o;
select tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}') from o;
select is(tests.outbound_status(id), 'FAILED', 'it has failed') from o;
select is((select count(*) from public.tasks where kind = 'message_parked'), 1::bigint, 'a person is asked');

select * from finish();
rollback;
