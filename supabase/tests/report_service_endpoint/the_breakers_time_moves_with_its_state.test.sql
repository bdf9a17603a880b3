-- breaker_changed_at.
begin;
select no_plan();

select tests.clock();
select app.register_service('agent:x', 'agent', 1000, 2);
select app.register_service_endpoint('agent:x', 'http://a:1', true);
select tests.later('1 second');
select app.report_service_endpoint('agent:x', 'http://a:1', 'unhealthy', 'open', repeat('e', 3000));
select tests.later('1 second');
select app.report_service_endpoint('agent:x', 'http://a:1', 'unhealthy', 'open');
select results_eq('select breaker_changed_at, length(last_error) from app.service_endpoints', $$ values (app.now() - interval '1 second', 1000) $$, 'open and still open: since then; errors are cut and kept');
select app.report_service_endpoint('agent:x', 'http://a:1', 'healthy', 'closed');
select is((select breaker_changed_at from app.service_endpoints), app.now(), 'closed: since now');
select app.report_service_endpoint('agent:x', 'http://gone:1', 'healthy', 'closed');
select is((select count(*)::integer from app.service_endpoints), 1, 'an endpoint that has gone is not brought back');

select * from finish();
rollback;
