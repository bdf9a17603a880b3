-- A history to measure the health checks on: `history.turns` turns over the 60 days before app.now(), each with the
-- customer's message, the answer, its outbound message, one attempt and the finished work; workflows and raw webhook events beside them.
-- Spread evenly, in the order of time, over `history.conversations` conversations of the tenant `history`.
-- Run it with both settings set (`set history.turns = '20000'`), then analyze.

insert into public.tenants (slug, name, burst_quiet_ms, burst_max_wait_ms) values ('history', 'History', 900, 6000);
insert into public.whatsapp_accounts (tenant_id, provider, external_id, name, agent)
select id, 'cloud_api', 'history', 'History', 'agent:history' from public.tenants where slug = 'history';

-- The partitions of these days; rows of other days would be in the default ones.
select app.add_partition(h.name, h.day_column, (app.now() at time zone 'UTC')::date - n)
  from app.history_tables() as h cross join generate_series(0, 60) as n;

create temp table past on commit drop as
  select i, i % s.conversations as lane, i / s.conversations as round, t.id as tenant_id, a.id as account_id,
         md5('history conversation ' || i % s.conversations)::uuid as conversation_id,
         md5('history turn ' || i)::uuid as turn_id, md5('history out ' || i)::uuid as out_id, md5('history sent ' || i)::uuid as sent_id,
         s.now - interval '60 days' + (i + 0.5) * (interval '60 days' / s.turns) as at
    from (select app.now() as now, current_setting('history.turns')::integer as turns,
                 current_setting('history.conversations')::integer as conversations) as s
    cross join lateral generate_series(0, s.turns - 1) as i
    join public.tenants t on t.slug = 'history'
    join public.whatsapp_accounts a on a.tenant_id = t.id;

insert into public.contacts (id, tenant_id, name)
select md5('history contact ' || lane)::uuid, tenant_id, 'Ana' from past where round = 0 order by i;
insert into public.conversations (id, tenant_id, account_id, contact_id, last_position, last_message_at, last_customer_message_at)
select conversation_id, min(tenant_id::text)::uuid, min(account_id::text)::uuid, md5('history contact ' || min(lane))::uuid, count(*) * 2, max(at), max(at)
  from past group by conversation_id;

insert into app.processed_messages (account_id, key, occurred_on, processed_at)
select account_id, 'history-' || i, at at time zone 'UTC', at from past order by i;

insert into app.queue_history (queue, lane_id, seq, tenant_id, kind, correlation_id, tries, enqueued_at, finished_at)
select q.queue, conversation_id, round + 1, tenant_id, q.kind, 'history-' || i, 1, at + q.came, at + q.went
  from past cross join (values ('inbound'::app.queue_name, 'turn', interval '0', interval '4 seconds'), ('outbound', 'send', '4 seconds', '4500 milliseconds')) as q (queue, kind, came, went)
 order by i, q.went;

insert into public.messages (id, tenant_id, account_id, conversation_id, position, direction, author, provider_message_id, type, body,
  content, status, turn_id, correlation_id, occurred_at, created_at)
select case m.direction when 'in' then gen_random_uuid() else out_id end, tenant_id, account_id, conversation_id,
       2 * round + case m.direction when 'in' then 1 else 2 end, m.direction, m.author, format('wamid.history.%s.%s', m.direction, i), 'text',
       'What are your opening hours on Sunday, and do you have a table for four?', '{"type": "text"}', m.status, turn_id, 'history-' || i,
       at + m.later, at + m.later
  from past cross join (values ('in', 'customer', null, interval '0'), ('out', 'agent', 'READ', interval '4 seconds')) as m (direction, author, status, later)
 order by i, m.later;

insert into app.turns (id, tenant_id, conversation_id, first_seq, last_seq, status, reason, service, endpoint, tries, usage, error,
  correlation_id, claimed_at, agent_called_at, agent_ms, finished_at)
select turn_id, tenant_id, conversation_id, round + 1, round + 1,
       case when i % 50 = 0 then 'failed' when i % 20 = 1 then 'skipped' else 'answered' end, case when i % 20 = 1 then 'a person has taken over' end,
       'agent:history' || i % 4, 'http://127.0.0.1:1', 1 + (i % 10 = 0)::integer, '{"inputTokens": 900, "outputTokens": 120, "model": "m", "tools": []}',
       case when i % 50 = 0 then '{"code": "agent_timeout", "message": "the agent did not answer within 30000 ms"}'::jsonb end,
       'history-' || i, at + interval '1 second', at + interval '1100 milliseconds', 500 + i % 3000, at + interval '4 seconds'
  from past order by i;

insert into app.outbound_message (id, tenant_id, account_id, conversation_id, message_id, turn_id, idempotency_key, content, status,
  provider_message_id, correlation_id, created_at, sent_at, delivered_at, read_at)
select sent_id, tenant_id, account_id, conversation_id, out_id, turn_id, 'turn:' || turn_id || ':1', '{"type": "text", "text": "We open at nine."}', 'READ',
       'wamid.history.out.' || i, 'history-' || i, at + interval '4 seconds', at + interval '4500 milliseconds', at + interval '6 seconds', at + interval '9 seconds'
  from past order by i;

insert into app.outbound_attempt (outbound_message_id, attempt_no, state, token, worker, started_at, io_started_at, finished_at, provider_message_id, response)
select sent_id, 1, 'ACCEPTED', i + 1, 'w', at + interval '4200 milliseconds', at + interval '4200 milliseconds', at + interval '4500 milliseconds', 'wamid.history.out.' || i, '{}'
  from past order by i;

insert into app.workflow_states (tenant_id, conversation_id, workflow, step, status, created_at, updated_at, finished_at)
select tenant_id, conversation_id, 'history', 'end', 'completed', at, at + interval '1 minute', at + interval '1 minute' from past where i % 4 = 0 order by i;

insert into app.webhook_events (key, occurred_on, tenant_id, account_id, provider, kind, reason, payload, correlation_id, received_at)
select 'history-' || i, at at time zone 'UTC', tenant_id, account_id, 'cloud_api', 'notice', 'kept for people to see', '{}', 'history-' || i, at from past where i % 4 = 0 order by i;

insert into app.ai_conversation_memory (conversation_id, tenant_id, session_started_at, last_activity_at, messages)
select conversation_id, min(tenant_id::text)::uuid, max(at) - interval '5 minutes', max(at), '[{"role": "user", "text": "hello", "at": "2026-11-20T10:00:00Z"}]'
  from past group by conversation_id;
