-- A person of the business wrote from the phone.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('m0', 'hi', p_over => '{"wakes_agent": false}'));
select is(tests.ingest(tests.event('p1', 'I take over', p_kind => 'echo')) - 'wake', '{"stored": 1, "duplicates": 0, "raw": 0, "failed": 0}'::jsonb, 'it is stored');
select results_eq($$ select direction, author, status, body from public.messages where provider_message_id = 'p1' $$, $$ values ('out', 'person', 'SENT', 'I take over') $$, 'as a person''s outgoing message');
select is((select agent_paused_until from public.conversations), app.now() + interval '720 minutes', 'the agent is silent for the tenant''s time');
select is((select messages from app.ai_conversation_memory), jsonb_build_array(jsonb_build_object('role', 'person', 'text', 'I take over', 'at', app.now())), 'and will know what was said');
select is(tests.ingest(tests.event('m1')) - 'wake', '{"stored": 1, "duplicates": 0, "raw": 0, "failed": 0}'::jsonb, 'what the customer writes meanwhile is stored');
select is((select count(*)::integer from app.message_queue), 0, 'and not queued');
select tests.later('720 minutes');
select is(tests.ingest(tests.event('m2')) -> 'wake', 'true', 'after the pause it is queued again');

select * from finish();
rollback;
