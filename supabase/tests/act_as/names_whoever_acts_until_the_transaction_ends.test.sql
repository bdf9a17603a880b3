-- Who acts, and from where, goes into the audit log.
begin;
select no_plan();
select tests.clock();

select app.act_as('{"actor": "user:1", "ip": "203.0.113.7", "user_agent": "test/1"}');
select app.log_audit(0::smallint, tests.tenant(), 'CREATED', 'thing', '1');
select results_eq($$ select actor, host(ip), user_agent from public.audit_logs where resource_id = '1' and resource_type = 'thing' $$,
  $$ values ('user:1', '203.0.113.7', 'test/1') $$, 'as it was said');
select app.act_as(jsonb_build_object('actor', 'key:1', 'ip', 'no address', 'user_agent', repeat('x', 1000)));
select app.log_audit(0::smallint, tests.tenant(), 'CREATED', 'thing', '2');
select results_eq($$ select actor, host(ip), length(user_agent) from public.audit_logs where resource_id = '2' and resource_type = 'thing' $$,
  $$ values ('key:1', null, 400) $$, 'an address that is none is left out, a long user agent is cut');
select app.act_as('{}');
select app.log_audit(0::smallint, tests.tenant(), 'CREATED', 'thing', '3');
select is(actor, 'system', 'nobody is the system') from public.audit_logs where resource_id = '3' and resource_type = 'thing';

select * from finish();
rollback;
