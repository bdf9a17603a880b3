-- Quiet and limit are settings.
begin;
select no_plan();

select tests.clock();
select app.configure_tenant(0::smallint, tests.tenant(), p_burst_quiet_ms => 0, p_burst_max_wait_ms => 0);
select tests.ingest(tests.event('m1'));
select is((select count(*)::integer from tests.claim()), 1, 'without a quiet time it is ready at once');

select * from finish();
rollback;
