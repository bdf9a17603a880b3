-- Some providers echo what came through their API.
begin;
select no_plan();

select tests.sent('out-1', 'wamid.out-1');
select is(tests.ingest(tests.event('wamid.out-1', 'text of out-1', p_kind => 'echo')) -> 'duplicates', '1', 'nothing is stored twice');
select is((select agent_paused_until from public.conversations where id = tests.conversation()), null, 'and the agent is not paused');

select * from finish();
rollback;
