-- Behind what waits, with its schedule begun anew.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id, tests.outbound('out-2') as next;
select tests.finish_attempt(id, '{"state": "REJECTED", "class": "retry", "code": "131000"}', 1) from o;
select is(app.retry_outbound_message(0::smallint, tests.tenant(), id), 'QUEUED', 'it is queued') from o;
select is(app.retry_outbound_message(0::smallint, tests.tenant(), id), 'QUEUED', 'and stays so') from o;
select results_eq($$ select (payload ->> 'outbound_id')::uuid from app.message_queue where queue = 'outbound' order by seq $$, 'select next from o union all select id from o', 'once, behind the other');
select results_eq($$ select refused, failed_at, provider_message_id from app.outbound_message where idempotency_key = 'out-1' $$, $$ values (0::smallint, null::timestamptz, null::text) $$, 'as if it were new');
select tests.start_attempt(next), tests.finish_attempt(next, '{"state": "ACCEPTED", "provider_message_id": "p2"}') from o;
select is(tests.start_attempt(id) -> 'attempt_no', '2', 'a new attempt') from o;
select is(tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}'), 'SENT', 'under a new id') from o;
select results_eq($$ select provider_message_id, error from app.outbound_message where idempotency_key = 'out-1' $$, $$ values ('p1', null::jsonb) $$, 'which is its id now');

select * from finish();
rollback;
