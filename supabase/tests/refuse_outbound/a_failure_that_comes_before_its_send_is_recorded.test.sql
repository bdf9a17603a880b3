-- What was known of it already counts, whatever the answer to the send says.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.ingest(tests.status('p1', 'failed', id, p_over => '{"error": {"code": "131047", "class": "window_closed"}}')) from o;
select is(tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}'), 'QUEUED', 'it goes through the gates again') from o;
select tests.start_attempt(id) from o;
select is(tests.outbound_status(id), 'PARKED', 'which find no other way') from o;
select is((select count(*) from public.tasks where kind = 'message_parked'), 1::bigint, 'a person is asked');

select * from finish();
rollback;
