-- It stands at the head of its lane still.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout", "message": "no answer"}') from o;
select tests.ingest(tests.status('p1', 'failed', id, p_over => '{"error": {"code": "131047", "class": "window_closed"}}')) from o;
select is(tests.outbound_status(id), 'QUEUED', 'now it is known that nobody got it') from o;
select is(tests.start_attempt(id) ->> 'action', 'done', 'and that nobody will') from o;
select is(tests.outbound_status(id), 'PARKED', 'by this way') from o;

select * from finish();
rollback;
