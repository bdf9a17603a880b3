-- Rate limits, outages.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id, tests.outbound('out-2') as next;
select is(tests.finish_attempt(id, '{"state": "REJECTED", "code": "131000", "message": "went wrong", "class": "retry", "retry_after_s": 7}'), 'QUEUED', 'it is queued again') from o;
select results_eq('select state, error_code, next_retry_at from app.outbound_attempt', $$ values ('REJECTED', '131000', app.now() + interval '7 seconds') $$, 'the attempt was refused');
select is_empty($$ select * from tests.claim('outbound') $$, 'nothing overtakes it');
select tests.later('7 seconds');
select results_eq($$ select (payload ->> 'outbound_id')::uuid from tests.claim('outbound') $$, 'select id from o union all select next from o', 'it is still first');
select is(tests.start_attempt(id) -> 'attempt_no', '2', 'as the second attempt') from o;

select * from finish();
rollback;
