-- Copies that died without a word.
begin;
select no_plan();

select tests.clock();
select app.register_service('agent:x', 'agent', 1000, 2), app.register_service('agent:y', 'agent', 1000, 2);
select app.register_service_endpoint('agent:x', 'http://a:1'), app.register_service_endpoint('agent:y', 'http://a:1');
select tests.later('61 minutes');
select app.register_service_endpoint('agent:x', 'http://a:2');
select set_eq('select service, url from app.service_endpoints', $$ values ('agent:x', 'http://a:2'), ('agent:y', 'http://a:1') $$, 'of its own service, after an hour');
select app.register_service_endpoint('agent:y', 'http://a:1');
select is((select registered_at from app.service_endpoints where service = 'agent:y'), '2026-11-20 10:00:00Z'::timestamptz, 'a copy does not forget itself');
select throws_ok($$ select app.register_service_endpoint('agent:nobody', 'http://a:1') $$, '23503', null, 'an endpoint needs its service');
select throws_ok($$ select app.register_service_endpoint('agent:x', 'ftp://a') $$, '23514', null, 'and an address that can be called');

select * from finish();
rollback;
