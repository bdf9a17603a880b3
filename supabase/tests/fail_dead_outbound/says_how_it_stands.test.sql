-- FAILED, PARKED, or as it was.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound('out-1') as queued;
create temp table s as select tests.sent('out-2', 'p2', 's1x') as sent;
select app.fail_dead_outbound(0::smallint, array[queued], '{"code": "x"}') from o;
select app.fail_dead_outbound(1::smallint, array[sent], '{"code": "x"}') from s;
select is(tests.outbound_status((select queued from o)), 'FAILED', 'what never left has failed');
select is((select error ->> 'code' from app.outbound_message, o where id = queued), 'x', 'with the reason');
select is(tests.outbound_status((select sent from s)), 'SENT', 'what was sent stays sent');

select * from finish();
rollback;
