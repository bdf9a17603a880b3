-- Only (provider, external id) routes.
begin;
select no_plan();

select tests.account('a'), tests.account('b');
select tests.ingest(tests.event('m1', p_slug => 'a', p_over => jsonb_build_object('tenant_id', tests.tenant('b'), 'account_id', tests.account('b'))));
select is((select tenant_id from public.messages), tests.tenant('a'), 'a forged tenant is overwritten');

select * from finish();
rollback;
