-- The pause ends and the request for a person is answered, once; audited, and in the timeline.
begin;
select no_plan();
select tests.clock();

select tests.ingest(tests.event('in-1'));
create function pg_temp.resume (p_slug text default 'a') returns jsonb language sql as $$
  select app.resume_conversation(0::smallint, tests.tenant(p_slug), '{"actor": "user:ana"}', tests.conversation()) $$;
select tests.ingest(tests.event('echo-1', p_kind => 'echo'));
update public.conversations set person_requested_at = app.now(), person_request_reason = 'a complaint' where id = tests.conversation();
select tests.later('1 second');
select is(pg_temp.resume() -> 'agent', '{"paused_until": null, "person_requested_at": null, "person_request_reason": null}', 'the agent answers again');
select pg_temp.resume();
select results_eq($$ select actor, meta from public.audit_logs where resource_type = 'conversation' and resource_id = tests.conversation()::text $$, $$ values ('user:ana', '{"agent": "resumed"}'::jsonb) $$, 'audited, once');
select results_eq($$ select x.item -> 'detail' ->> 'to', x.item -> 'detail' ->> 'how', x.item -> 'detail' ->> 'actor'
    from jsonb_array_elements(app.conversation_timeline(0::smallint, tests.tenant(), tests.conversation(), p_limit => 1) -> 'items') as x (item) $$,
  $$ values ('agent', 'given_back', 'user:ana') $$, 'told in the timeline');
select throws_ok($$ select pg_temp.resume('b') $$, 'SB404', null, 'not another tenant''s');

select * from finish();
rollback;
