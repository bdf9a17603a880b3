-- It certainly never left.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as id;
select tests.start_attempt(id) from o;
select app.fail_dead_outbound(0::smallint, array[id], '{"code": "x"}') from o;
select is(tests.outbound_status(id), 'FAILED', 'failed, not parked') from o;
select is((select state from app.outbound_attempt), 'REJECTED', 'and its attempt did not leave');

select * from finish();
rollback;
