-- A status that overtook the answer of the provider.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select is(tests.ingest(tests.status('wamid.x', 'sent'), tests.status('wamid.x', 'delivered'), tests.status('wamid.x', 'failed', p_over => '{"error": {"code": 1}}')) -> 'stored', '3', 'it is kept');
select results_eq('select status, error, occurred_at from app.orphan_statuses order by status',
  $$ values ('delivered', null::jsonb, app.now()), ('failed', '{"code": 1}'::jsonb, app.now()), ('sent', null, app.now()) $$, 'with all that it says');
select is(tests.outbound_status((select id from o)), 'SENDING', 'nobody knows yet whose it is');

select * from finish();
rollback;
