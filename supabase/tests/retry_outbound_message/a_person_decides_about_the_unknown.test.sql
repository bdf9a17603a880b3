-- UNKNOWN in its place, PARKED behind.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id, tests.outbound('out-2') as next;
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select is(app.retry_outbound_message(0::smallint, tests.tenant(), id), 'QUEUED', 'send it again') from o;
select is((select count(*)::integer from app.message_queue where queue = 'outbound'), 2, 'its work was still there');
select is((tests.ready(tests.conversation(), 'outbound')).at, app.now(), 'and is due');
select is(tests.start_attempt(id) -> 'attempt_no', '2', 'it goes') from o;
select tests.leave(id), tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select tests.later('1 minute');
select is(tests.start_attempt(id), '{"action": "done"}'::jsonb, 'parked') from o;
select results_eq('select kind, outbound_message_id from public.tasks where resolved_at is null', $$ select 'send_unknown', id from o $$, 'a person is asked');
select is(app.retry_outbound_message(0::smallint, tests.tenant(), id), 'QUEUED', 'and says again') from o;
select is_empty('select from public.tasks where resolved_at is null', 'the task is resolved');

select * from finish();
rollback;
