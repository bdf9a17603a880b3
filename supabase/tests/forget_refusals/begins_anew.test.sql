-- Count and time.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.finish_attempt(id, '{"state": "REJECTED", "class": "retry", "code": "131000"}') from o;
select results_eq('select refused, next_retry_at > app.now() from app.outbound_message join app.outbound_attempt on true', $$ values (1::smallint, true) $$, 'it waits');
select app.forget_refusals(0::smallint, id) from o;
select results_eq('select refused, next_retry_at from app.outbound_message join app.outbound_attempt on true', $$ values (0::smallint, null::timestamptz) $$, 'no more');

select * from finish();
rollback;
