-- resend_once: the other one may arrive.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select app.configure_tenant(0::smallint, tests.tenant(), p_unknown_send_policy => 'resend_once', p_unknown_send_wait_s => 10);
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select tests.later('10 seconds');
select tests.start_attempt(id), tests.leave(id), tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p2"}') from o;
select tests.ingest(tests.status('p2', 'failed', (select id from o), p_over => '{"error": {"code": "131000", "class": "retry"}}'));
select is(tests.outbound_status(id), 'SENT', 'nothing is sent a third time while the first may have arrived') from o;
select tests.ingest(tests.status('p1', 'failed', (select id from o), p_over => '{"error": {"code": "131000", "class": "retry"}}'));
select results_eq('select attempt_no, state from app.outbound_attempt order by 1', $$ values (1::smallint, 'REJECTED'), (2::smallint, 'REJECTED') $$, 'both have failed');
select is(tests.outbound_status(id), 'QUEUED', 'so now it is to be sent again') from o;

select * from finish();
rollback;
