-- Better news than the failure before it: nothing is sent again.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sent() as id;
select tests.ingest(tests.status('wamid.out-1', 'failed', p_over => '{"error": {"code": "131000", "class": "retry"}}'));
select tests.ingest(tests.status('wamid.out-1', 'delivered', (select id from o)));
select results_eq('select o.status, o.provider_message_id, a.state from app.outbound_message o join app.outbound_attempt a on true', $$ values ('DELIVERED', 'wamid.out-1', 'ACCEPTED') $$, 'it has arrived');
select tests.later('2 minutes');
select app.promote_scheduled(0::smallint);
select is(tests.start_attempt(id), '{"action": "done"}'::jsonb, 'and its retry finds nothing to do') from o;

select * from finish();
rollback;
