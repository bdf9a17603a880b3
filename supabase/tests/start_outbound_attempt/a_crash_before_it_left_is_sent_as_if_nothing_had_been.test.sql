-- The worker died after INTENT.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as id;
select tests.start_attempt(id) from o;
select tests.later('31 seconds');
select tests.claim('outbound', 'w2');
select is(tests.start_attempt(id, 'w2') -> 'attempt_no', '2', 'the next worker sends at once') from o;
select results_eq('select attempt_no, state, error_code, worker from app.outbound_attempt order by 1', $$ values (1::smallint, 'REJECTED', 'worker_lost', 'w1'), (2::smallint, 'INTENT', null, 'w2') $$, 'the first attempt certainly did not leave');
select is((select refused from app.outbound_message), 0::smallint, 'and counts for nothing');

select * from finish();
rollback;
