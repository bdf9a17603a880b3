-- A health check that can be acted upon.
begin;
select no_plan();

select tests.clock();
select results_eq($$ select r -> 'ready', r -> 'checks' ->> 'worker' like '%packages/runner%', r -> 'checks' ->> 'account' like '%account:add%', r -> 'checks' -> 'agent' from app.readiness(false) r $$,
  $$ values ('false'::jsonb, true, true, 'true'::jsonb) $$, 'an empty house: no worker, no account');
select tests.account();
select app.set_account_credentials(0::smallint, tests.account(), 'k', 'c');
select is(app.readiness(false) -> 'checks' -> 'account', 'true', 'an account with credentials');
select is(app.readiness(false) -> 'checks' ->> 'agent', 'no usable endpoint of agent:concierge: start packages/agents', 'whose agent is not there');
select app.worker_heartbeat('r', 'runner');
select app.register_service('agent:concierge', 'agent', 1000, 2), app.register_service_endpoint('agent:concierge', 'http://a:1');
select is(app.readiness(false), '{"ready": true, "checks": {"worker": true, "account": true, "agent": true}}'::jsonb, 'all is there');

select * from finish();
rollback;
