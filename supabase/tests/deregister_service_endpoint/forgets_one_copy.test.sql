-- An orderly stop.
begin;
select no_plan();

select app.register_service('agent:x', 'agent', 1000, 2);
select app.register_service_endpoint('agent:x', 'http://a:1'), app.register_service_endpoint('agent:x', 'http://a:2');
select app.deregister_service_endpoint('agent:x', 'http://a:1');
select results_eq('select url from app.service_endpoints', $$ values ('http://a:2') $$, 'that one only');
select lives_ok($$ select app.deregister_service_endpoint('agent:x', 'http://a:1') $$, 'twice is no harm');

select * from finish();
rollback;
