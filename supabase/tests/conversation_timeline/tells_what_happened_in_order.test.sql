-- Everything that happened in a conversation, newest first, out of the tables where it is.
begin;
select no_plan();
select tests.clock();

create temp table t as select tests.working_turn() as turn;
select tests.answer(tests.conversation(), 'hello back');
create temp table o as select id from app.outbound_message;
select tests.later('1 second');
select tests.start_attempt(id) from o;
select tests.later('1 second');
select tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}') from o;
-- The provider tells whole seconds, of a clock that goes behind.
select tests.ingest(tests.status('p1', 'delivered', p_over => jsonb_build_object('occurred_at', app.now() - interval '10 seconds')));
select tests.later('1 second');
select tests.ingest(tests.event('echo-1', 'I am here', p_kind => 'echo'));
select app.open_task(0::smallint, tests.tenant(), 'message_parked', 'x', 'because', jsonb_build_object('conversation_id', tests.conversation()));
create temp table told as select i.item, i.n from jsonb_array_elements(app.conversation_timeline(0::smallint, tests.tenant(), tests.conversation()) -> 'items') with ordinality as i (item, n);
select results_eq($$ select item ->> 'kind' from told order by n desc $$,
  array['MESSAGE_RECEIVED', 'TURN', 'MESSAGE_QUEUED', 'SEND_ATTEMPT', 'MESSAGE_SENT', 'MESSAGE_STATUS_UPDATE', 'MESSAGE_SENT', 'HANDOFF', 'TASK_OPENED'],
  'a message, its answer and how far that came, a person, a task; a status never before what it follows');
select is(item -> 'detail' ->> 'text', 'hello', 'with what was said') from told where item ->> 'kind' = 'MESSAGE_RECEIVED';
select tests.later('1 second');
select app.set_outbound_status(0::smallint, tests.outbound('out-2'), 'FAILED', '{"code": "131026"}');
select is(app.conversation_timeline(0::smallint, tests.tenant(), tests.conversation(), p_limit => 1) -> 'items' -> 0 #>> '{detail,code}', '131026', 'a failure, with its code');

select * from finish();
rollback;
