-- biz_opaque_callback_data comes back with the status, even before we know the provider's id.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.ingest(tests.status('wamid.x', 'delivered', (select id from o)));
select results_eq('select status, provider_message_id, delivered_at from app.outbound_message', $$ values ('DELIVERED', 'wamid.x', app.now()) $$, 'it is applied, and tells the provider''s id');
select is((select count(*)::integer from app.orphan_statuses), 0, 'and is no orphan');

select * from finish();
rollback;
