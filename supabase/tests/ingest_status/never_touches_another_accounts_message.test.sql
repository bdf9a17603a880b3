-- Ids of other accounts, and nonsense.
begin;
select no_plan();

create temp table o as select tests.sent('out-1', 'wamid.x') as id;
select tests.account('b');
select tests.ingest(tests.status('wamid.x', 'read', p_slug => 'b'));
select tests.ingest(tests.status('wamid.y', 'read', (select id from o), p_slug => 'b'));
select tests.ingest(tests.status('wamid.z', 'read', p_over => '{"callback_data": "not an id of ours"}'));
select is(tests.outbound_status((select id from o)), 'SENT', 'a foreign status moves nothing');
select is((select count(*)::integer from app.orphan_statuses), 3, 'all are kept aside');

select * from finish();
rollback;
