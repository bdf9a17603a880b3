-- The message goes back and finds another way.
begin;
select no_plan();

select tests.clock();
select tests.delivery();
create temp table o as select tests.sent() as id;
select tests.later('1 minute');
select tests.ingest(tests.status('wamid.out-1', 'failed', id, p_over => '{"error": {"code": "131047", "class": "window_closed"}}')) from o;
select is(tests.outbound_status(id), 'QUEUED', 'it is to be sent still') from o;
select tests.ingest(tests.status('wamid.out-1', 'sent', id)) from o;
select is(tests.outbound_status(id), 'QUEUED', 'what is said of the first send is over') from o;
select is(tests.start_attempt(id) -> 'content', tests.template_content('Ana', 'text of out-1'), 'it leaves as a template') from o;
select is(tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p2"}'), 'SENT', 'which is taken') from o;
select tests.ingest(tests.status('p2', 'failed', id, p_over => '{"error": {"code": "131047", "class": "window_closed"}}')) from o;
select is(tests.outbound_status(id), 'FAILED', 'a template that fails like this has failed') from o;

select * from finish();
rollback;
