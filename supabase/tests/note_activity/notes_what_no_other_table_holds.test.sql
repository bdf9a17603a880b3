-- An event of a conversation.
begin;
select no_plan();
select tests.clock();

select tests.ingest(tests.event('in-1'));
select app.act_as('{"actor": "agent:concierge"}');
select app.note_activity(0::smallint, tests.tenant(), tests.conversation(), 'OPT_OUT', '{"word": "stop"}');
select results_eq($$ select kind, actor, detail, created_at from app.conversation_events $$,
  $$ values ('OPT_OUT', 'agent:concierge', '{"word": "stop"}'::jsonb, app.now()) $$, 'is noted in the name of whoever acts');
select throws_ok($$ select app.note_activity(0::smallint, tests.tenant(), tests.conversation(), 'whatever it is') $$, '23514', null, 'a kind is in capitals');
select throws_ok($$ select app.note_activity(0::smallint, tests.tenant(), gen_random_uuid(), 'OPT_OUT') $$, '23503', null, 'a conversation is needed');

select * from finish();
rollback;
