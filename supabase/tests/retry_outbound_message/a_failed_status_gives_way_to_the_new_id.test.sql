-- Manual retry: a new provider id, for people too.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sent() as id;
select tests.ingest(tests.status('wamid.out-1', 'failed', p_over => '{"error": {"code": "131026", "class": "never"}}'));
select is(app.retry_outbound_message(0::smallint, tests.tenant(), id), 'QUEUED', 'queued') from o;
select tests.start_attempt(id), tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p2"}') from o;
select tests.ingest(tests.status('wamid.out-1', 'failed', (select id from o), p_over => '{"key": "again", "error": {"code": "131026", "class": "never"}}'));
select is(tests.outbound_status(id), 'SENT', 'a late word about the first attempt changes nothing') from o;
select tests.ingest(tests.status('p2', 'read', (select id from o)));
select results_eq('select o.status, o.provider_message_id, m.status, m.provider_message_id from app.outbound_message o join public.messages m on m.id = o.message_id',
  $$ values ('READ', 'p2', 'READ', 'p2') $$, 'the second was read');
select results_eq('select attempt_no, state, provider_message_id from app.outbound_attempt order by 1', $$ values (1::smallint, 'REJECTED', 'wamid.out-1'), (2::smallint, 'ACCEPTED', 'p2') $$, 'both attempts are kept');

select * from finish();
rollback;
