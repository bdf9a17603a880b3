-- A refusal of the second attempt is an ordinary refusal.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select app.configure_tenant(0::smallint, tests.tenant(), p_unknown_send_policy => 'resend_once', p_unknown_send_wait_s => 10);
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select tests.later('10 seconds');
select tests.start_attempt(id) from o;
select is(tests.finish_attempt(id, '{"state": "REJECTED", "code": "429", "class": "retry", "retry_after_s": 5}'), 'QUEUED', 'refused, it is tried again') from o;
select tests.later('5 seconds');
select is(tests.start_attempt(id) -> 'attempt_no', '3', 'as a third attempt') from o;
select is(tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p3"}'), 'SENT', 'which succeeds') from o;

select * from finish();
rollback;
