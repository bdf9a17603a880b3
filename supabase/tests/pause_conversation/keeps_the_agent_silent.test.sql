-- The agent is silent until then; who wanted it so is audited and stands in the timeline.
begin;
select no_plan();
select tests.clock();

select tests.ingest(tests.event('in-1'));
create function pg_temp.pause (p_until timestamptz default null, p_slug text default 'a') returns jsonb language sql as $$
  select app.pause_conversation(0::smallint, tests.tenant(p_slug), '{"actor": "user:ana"}', tests.conversation(), p_until) $$;
select is((pg_temp.pause() #>> '{agent,paused_until}')::timestamptz, app.now() + make_interval(mins => takeover_pause_minutes), 'as long as after a message of a person') from public.tenants where id = tests.tenant();
select is((pg_temp.pause(app.now() + interval '1 hour') #>> '{agent,paused_until}')::timestamptz, app.now() + interval '1 hour', 'or until a time of one''s own');
select pg_temp.pause(app.now() + interval '1 hour');
select results_eq($$ select actor, action, meta ->> 'agent' from public.audit_logs where resource_type = 'conversation' and resource_id = tests.conversation()::text $$,
  $$ values ('user:ana', 'UPDATED', 'paused'), ('user:ana', 'UPDATED', 'paused') $$, 'each change is audited');
select results_eq($$ select actor, detail ->> 'to', detail ->> 'how' from app.conversation_events where kind = 'HANDOFF' and conversation_id = tests.conversation() $$, $$ values ('user:ana', 'person', 'took_over') $$, 'and one hand-off noted');
select tests.later('1 minute');
select is((select action from jsonb_to_record(tests.next_turn()) as x (action text)), 'skip', 'the agent is not asked');
select throws_ok($$ select pg_temp.pause(app.now()) $$, 'SB400', null, 'not until now');
select throws_ok($$ select pg_temp.pause(p_slug => 'b') $$, 'SB404', null, 'not another tenant''s');

select * from finish();
rollback;
