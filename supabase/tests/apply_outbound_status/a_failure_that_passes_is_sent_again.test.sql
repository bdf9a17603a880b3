-- A failed status proves that nothing was delivered.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sent() as id;
select tests.ingest(tests.status('wamid.out-1', 'failed', p_over => '{"error": {"code": "131000", "class": "retry"}}'));
select results_eq('select o.status, o.provider_message_id, o.refused, a.state, a.error_code, a.next_retry_at > app.now() from app.outbound_message o join app.outbound_attempt a on a.outbound_message_id = o.id',
  $$ values ('QUEUED', null::text, 1::smallint, 'REJECTED', '131000', true) $$, 'it waits for another attempt');
select is((select status from public.messages where direction = 'out'), 'QUEUED', 'people see it');
select tests.ingest(tests.status('wamid.out-1', 'failed', (select id from o), p_over => '{"key": "twice", "error": {"code": "131000", "class": "retry"}}'));
select is((select refused from app.outbound_message), 1::smallint, 'the same news twice is once');
select tests.later('67 seconds');
select app.promote_scheduled(0::smallint);
select is(tests.start_attempt(id) -> 'attempt_no', '2', 'it is tried again') from o;
select tests.leave(id), tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p2"}') from o;
select tests.ingest(tests.status('p2', 'delivered', (select id from o)));
select results_eq('select status, provider_message_id from app.outbound_message', $$ values ('DELIVERED', 'p2') $$, 'and arrives, under its new id');

select * from finish();
rollback;
