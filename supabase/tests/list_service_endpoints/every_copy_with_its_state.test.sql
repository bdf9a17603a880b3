-- What the registry reads.
begin;
select no_plan();

select tests.clock();
select app.register_service('agent:x', 'agent', 1000, 2), app.register_service('b', 'standard', 500, 1), app.register_service('idle', 'standard', 500, 1);
select app.register_service_endpoint('b', 'http://b:1'), app.register_service_endpoint('agent:x', 'http://a:2'), app.register_service_endpoint('agent:x', 'http://a:1');
select app.report_service_endpoint('agent:x', 'http://a:2', 'unhealthy', 'open', 'refused');
select results_eq('select service, kind, timeout_ms, max_attempts, url, health, breaker, breaker_changed_at, heartbeat_at, last_error from app.list_service_endpoints()',
  $$ values ('agent:x', 'agent', 1000, 2::smallint, 'http://a:1', 'unknown', 'closed', app.now(), app.now(), null::text),
            ('agent:x', 'agent', 1000, 2::smallint, 'http://a:2', 'unhealthy', 'open', app.now(), app.now(), 'refused'),
            ('b', 'standard', 500, 1::smallint, 'http://b:1', 'unknown', 'closed', app.now(), app.now(), null) $$, 'all of them, in order; a service without a copy is not there');

select * from finish();
rollback;
