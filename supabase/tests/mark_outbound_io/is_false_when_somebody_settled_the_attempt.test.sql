-- Another worker, or a status.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as id;
select tests.start_attempt(id) from o;
create temp table a as select outbound_message_id as id, attempt_no as no, token from app.outbound_attempt;
select tests.later('31 seconds');
select tests.claim('outbound', 'w2');
select is(tests.start_attempt(id, 'w2') -> 'attempt_no', '2', 'another worker takes the lane over and begins anew') from o;
select ok(not app.mark_outbound_io(0::smallint, id, no, token), 'the first one may not leave any more') from a;

select ok(tests.leave(id), 'the second one leaves') from o;
select app.configure_tenant(0::smallint, tests.tenant(), p_unknown_send_policy => 'resend_once', p_unknown_send_wait_s => 10);
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select tests.later('10 seconds');
select is(tests.start_attempt(id) -> 'attempt_no', '3', 'nobody knows: it is to be sent once more') from o;
select tests.ingest(tests.status('p2', 'delivered', (select id from o)));
select ok(not tests.leave(id), 'a status that comes after the decision still stops it') from o;
select results_eq('select attempt_no, state, error_code from app.outbound_attempt order by 1', $$ values (1::smallint, 'REJECTED', 'worker_lost'), (2::smallint, 'ACCEPTED', 'timeout'), (3::smallint, 'REJECTED', 'overtaken') $$, 'which attempt was which');
select is(tests.finish_attempt(id, '{"state": "REJECTED", "class": "again", "code": "overtaken"}'), 'DELIVERED', 'and the worker finds it delivered') from o;
select is_empty($$ select from app.queue_ready where queue = 'outbound' $$, 'the lane is free');

select * from finish();
rollback;
