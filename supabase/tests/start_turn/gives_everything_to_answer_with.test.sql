-- One call before the agent.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn('in-1', p_text => 'a table for two') as t;
select is(t ->> 'action', 'answer', 'it is to be answered') from turn;
select is(t - 'turn_id' - 'session', jsonb_build_object('action', 'answer', 'reason', null, 'correlation_id', 'cor-in-1', 'service', 'agent:concierge',
  'account', jsonb_build_object('id', tests.account(), 'provider', 'cloud_api'), 'tenant', jsonb_build_object('id', tests.tenant(), 'slug', 'a', 'name', 'Tenant a', 'ai_disclosure', null),
  'conversation', jsonb_build_object('id', tests.conversation(), 'person_requested', false), 'contact', '{"name": "Ana"}'::jsonb, 'memory', '[]'::jsonb, 'workflows', '[]'::jsonb,
  'messages', jsonb_build_array(jsonb_build_object('id', (select id from public.messages), 'provider_message_id', 'in-1', 'type', 'text', 'text', 'a table for two',
    'content', '{}'::jsonb, 'media', null, 'file', null, 'at', '2026-11-20 10:00:00Z'::timestamptz, 'correlation_id', 'cor-in-1'))), 'with the whole context') from turn;
select is(t -> 'session' -> 'is_new', 'true', 'in a new session') from turn;
select results_eq('select status, first_seq, last_seq, service, tries, claimed_at from app.turns', $$ values ('working', 1::bigint, 1::bigint, 'agent:concierge', 1::smallint, app.now()) $$, 'the turn is written down');

select * from finish();
rollback;
