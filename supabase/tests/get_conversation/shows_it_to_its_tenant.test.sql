-- All that one needs to know before one writes, of the tenant's own conversations.
begin;
select no_plan();
select tests.clock();

select tests.ingest(tests.event('in-1'));
create function pg_temp.seen (p_slug text default 'a', p_conversation uuid default tests.conversation()) returns jsonb language sql as $$
  select app.get_conversation(0::smallint, tests.tenant(p_slug), p_conversation) $$;
select is(s #> '{account}', jsonb_build_object('id', tests.account(), 'provider', 'cloud_api', 'name', 'Front desk', 'display_phone', '+1 555 010 0001', 'status', 'active'), 'on which number') from pg_temp.seen() as s;
select is(s #> '{contact,identities}', '[{"kind": "phone", "value": "15550001"}]', 'with whom') from pg_temp.seen() as s;
select is(s -> 'window', jsonb_build_object('open', true, 'until', app.send_window(0::smallint, tests.conversation())), 'until when') from pg_temp.seen() as s;
select is(s -> 'agent', '{"paused_until": null, "person_requested_at": null, "person_request_reason": null}', 'the agent answers') from pg_temp.seen() as s;
select is(array[s -> 'consent', s -> 'open_tasks'], array['{"all": null, "marketing": null}', '[]']::jsonb[], 'nothing else') from pg_temp.seen() as s;

select tests.ingest(tests.event('in-2', 'STOP'));
select app.open_task(0::smallint, tests.tenant(), 'send_unknown', 'x', 'because', jsonb_build_object('conversation_id', tests.conversation()));
select app.open_task(0::smallint, tests.tenant(), 'send_unknown', 'y', 'no more', jsonb_build_object('conversation_id', tests.conversation()));
select app.resolve_task(0::smallint, tests.tenant(), 'send_unknown', 'y', 'system');
select is(s #>> '{consent,all}', 'stop', 'who has opted out') from pg_temp.seen() as s;
select is(jsonb_path_query_array(s, '$.open_tasks[*].reason'), '["because"]', 'open tasks alone') from pg_temp.seen() as s;
select tests.ingest(tests.event('echo-1', p_kind => 'echo'));
select isnt(s #>> '{agent,paused_until}', null, 'a person has taken over') from pg_temp.seen() as s;
select tests.later('2 days');
select is(s -> 'window', (select jsonb_build_object('open', false, 'until', app.send_window(0::smallint, tests.conversation()))), 'the window is closed') from pg_temp.seen() as s;
select is(s #>> '{agent,paused_until}', null, 'and the pause over') from pg_temp.seen() as s;

select app.open_conversation(0::smallint, tests.tenant(), tests.account(), '{"kind": "phone", "value": "15550009"}');
select is(pg_temp.seen('a', tests.conversation('15550009')) -> 'window', '{"open": false, "until": null}', 'there never was one');
update public.conversations set merged_into = tests.conversation() where id = tests.conversation('15550009');
select is(app.get_conversation(0::smallint, tests.tenant(), id) ->> 'id', merged_into::text, 'what was merged is what it was merged into') from public.conversations where merged_into is not null;
select throws_ok($$ select pg_temp.seen('b') $$, 'SB404', null, 'not another tenant''s');
select throws_ok($$ select pg_temp.seen('a', gen_random_uuid()) $$, 'SB404', null, 'nor one that is not there');

select * from finish();
rollback;
