-- The same table for what comes at once and for what comes later.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sent() as id;
select tests.ingest(tests.status('wamid.out-1', 'failed', p_over => '{"error": {"code": "131042", "class": "stop_channel", "message": "payment"}}'));
select results_eq('select state, code from app.account_send_state', $$ values ('stopped', '131042') $$, 'the channel is stopped');
select is(tests.outbound_status(id), 'QUEUED', 'the message is not lost') from o;
select is((select kind from public.tasks), 'channel_stopped', 'a person is asked');
select is(tests.start_attempt(id), '{"action": "wait", "why": "stopped"}'::jsonb, 'and until then it waits') from o;

select * from finish();
rollback;
