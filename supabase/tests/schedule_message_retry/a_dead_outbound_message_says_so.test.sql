-- FAILED with the error; QUEUED again by a replay.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as id;
select tests.claim('outbound');
select is(app.schedule_message_retry(0::smallint, 'outbound', tests.conversation(), tests.token(tests.conversation(), 'outbound'), 1, '{"code": "x"}', 1), 'dead', 'its work has died');
select results_eq('select status, error ->> $$code$$ from app.outbound_message', $$ values ('FAILED', 'x') $$, 'the message has failed');
select is((select status from public.messages where direction = 'out'), 'FAILED', 'people see it');
select app.replay_dead_letter(0::smallint, (select id from app.queue_dead_letter));
select is(tests.outbound_status((select id from o)), 'QUEUED', 'a replay queues it again');
select is(tests.start_attempt((select id from o)) ->> 'action', 'send', 'it is sent');
select is(tests.finish_attempt((select id from o), '{"state": "ACCEPTED", "provider_message_id": "p"}'), 'SENT', 'and arrives');

select * from finish();
rollback;
