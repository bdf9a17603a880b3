-- Health, breaker, heartbeat.
begin;
select no_plan();

select tests.clock();
select app.set_account_credentials(0::smallint, tests.account(), 'k', 'c'), app.register_service('agent:concierge', 'agent', 1000, 2), app.register_service_endpoint('agent:concierge', 'http://a:1');
select is(app.readiness(true) -> 'ready', 'true', 'a fresh copy counts');
select app.report_service_endpoint('agent:concierge', 'http://a:1', 'healthy', 'open');
select is(app.readiness(true) -> 'ready', 'false', 'one with an open breaker does not');
select app.report_service_endpoint('agent:concierge', 'http://a:1', 'unhealthy', 'closed');
select is(app.readiness(true) -> 'ready', 'false', 'nor does an unhealthy one');
select app.report_service_endpoint('agent:concierge', 'http://a:1', 'healthy', 'closed');
select tests.later('90 seconds');
select is(app.readiness(true) -> 'ready', 'false', 'nor one that has been silent for 90 seconds');
select app.register_service_endpoint('agent:concierge', 'http://a:2');
select is(app.readiness(true) -> 'ready', 'true', 'one good copy is enough');
update public.whatsapp_accounts set agent = 'agent:other', status = 'paused';
select is(app.readiness(true) -> 'checks' -> 'agent', 'true', 'a paused account needs no agent');

select * from finish();
rollback;
