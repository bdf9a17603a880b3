-- The tenant prefers a duplicate to a loss, once.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select app.configure_tenant(0::smallint, tests.tenant(), p_unknown_send_policy => 'resend_once', p_unknown_send_wait_s => 10);
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select tests.later('10 seconds');
select is(tests.start_attempt(id) -> 'attempt_no', '2', 'one more attempt') from o;
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select is((tests.ready(tests.conversation(), 'outbound')).at, app.now() + interval '10 seconds', 'which may be of unknown end too: it waits anew');
select tests.later('10 seconds');
select is(tests.start_attempt(id), '{"action": "done"}'::jsonb, 'but there is no third') from o;
select is(tests.outbound_status(id), 'PARKED', 'a person decides') from o;

select * from finish();
rollback;
