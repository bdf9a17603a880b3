-- Who lives is not who is well.
begin;
select no_plan();

select tests.clock();
select app.register_service('agent:x', 'agent', 1000, 2);
select app.register_service_endpoint('agent:x', 'http://a:1', true);
select app.report_service_endpoint('agent:x', 'http://a:1', 'unhealthy', 'open', 'refused');
select tests.later('10 seconds');
select app.register_service_endpoint('agent:x', 'http://a:1');
select results_eq('select health, breaker, breaker_changed_at, last_error, registered_at, heartbeat_at from app.service_endpoints',
  $$ values ('unhealthy', 'open', app.now() - interval '10 seconds', 'refused', app.now() - interval '10 seconds', app.now()) $$, 'a heartbeat says only that it lives');
select app.register_service_endpoint('agent:x', 'http://a:1', true);
select results_eq('select health, breaker, breaker_changed_at, last_error, registered_at from app.service_endpoints',
  $$ values ('unknown', 'closed', app.now(), null::text, app.now()) $$, 'a copy that starts anew begins anew');

select * from finish();
rollback;
