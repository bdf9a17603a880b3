-- Without our own id.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sent('out-1', 'wamid.x') as id;
select tests.ingest(tests.status('wamid.x', 'read'));
select is(tests.outbound_status((select id from o)), 'READ', 'it is applied');

select * from finish();
rollback;
