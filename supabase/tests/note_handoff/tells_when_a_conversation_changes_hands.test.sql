-- A HANDOFF when a person takes over or is asked for, and when the agent gets it back.
begin;
select no_plan();
select tests.clock();

create function pg_temp.handoffs () returns table (detail jsonb) language sql as $$
  select e.detail from app.conversation_events e where e.kind = 'HANDOFF' order by e.created_at, e.id; $$;
select tests.ingest(tests.event('in-1'));
select is_empty('select pg_temp.handoffs()', 'a customer''s message is none');
select tests.ingest(tests.event('echo-1', p_kind => 'echo'));
select results_eq('select detail ->> $$to$$, detail ->> $$how$$ from pg_temp.handoffs()', $$ values ('person', 'took_over') $$, 'a person writes from the phone');
select tests.later('1 minute');
select tests.ingest(tests.event('echo-2', p_kind => 'echo'));
select is(count(*), 1::bigint, 'and goes on: that is no other one') from pg_temp.handoffs();
select tests.later('1 minute');
update public.conversations set agent_paused_until = null where id = tests.conversation();
select tests.later('1 minute');
update public.conversations set person_requested_at = app.now(), person_request_reason = 'a complaint' where id = tests.conversation();
select results_eq('select detail ->> $$to$$, detail ->> $$how$$, detail ->> $$reason$$ from pg_temp.handoffs()',
  $$ values ('person', 'took_over', null), ('agent', 'given_back', null), ('person', 'requested', 'a complaint') $$, 'back, and asked for');
select tests.ingest(tests.event('echo-3', p_phone => '15550002', p_kind => 'echo'));
select is(count(*), 4::bigint, 'a conversation that a person begins is handed over with its first message') from pg_temp.handoffs();

select tests.working_turn('in-9', 'b');
select app.complete_turn(0::smallint, tests.conversation(p_slug => 'b'), tests.token(tests.conversation(p_slug => 'b')), 1, (select id from app.turns where status = 'working'),
  '{"replies": [], "actions": [{"type": "request_person", "reason": "a complaint"}]}');
select is(actor, 'agent:concierge', 'an agent that asks for a person is named') from app.conversation_events where conversation_id = tests.conversation(p_slug => 'b');

select * from finish();
rollback;
