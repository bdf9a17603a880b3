-- The attempt is settled, whatever the answer says.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.ingest(tests.status('p1', 'failed', (select id from o), p_over => '{"error": {"code": "131056", "class": "slow_pair"}}'));
select is(tests.outbound_status(id), 'QUEUED', 'it is to be sent again') from o;
select is(tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}'), 'QUEUED', 'though the answer says that it was taken') from o;
select is((tests.ready(tests.conversation(), 'outbound')).at, app.now() + interval '4 seconds', 'in its place, when its time has come');
select is((select count(*)::integer from app.message_queue where queue = 'outbound'), 1, 'once');

select * from finish();
rollback;
