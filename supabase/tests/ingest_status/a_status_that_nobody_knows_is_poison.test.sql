-- The provider invents a word.
begin;
select no_plan();

create temp table o as select tests.sent('out-1', 'wamid.x') as id;
select is(tests.ingest(tests.status('wamid.x', 'teleported')) -> 'failed', '1', 'it is kept raw with its error');
select is(tests.outbound_status((select id from o)), 'SENT', 'and moves nothing');

select * from finish();
rollback;
