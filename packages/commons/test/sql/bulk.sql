-- What lies behind when a deployment has been at work for long, for big-tables.test.ts: `bulk.turns` turns, each with two
-- messages, an outbound message and an attempt, from 120 to 60 days before app.now(), in a conversation for every
-- hundred; and twice as many facts and finished pieces of work in the partitions of the 8th to the 2nd day before it.
-- Put there before history.sql, whose 60 days are the same whatever lies behind them.

insert into public.tenants (slug, name) values ('bulk', 'Bulk');
insert into public.whatsapp_accounts (tenant_id, provider, external_id, name, agent)
select id, 'cloud_api', 'bulk', 'Bulk', 'agent:bulk' from public.tenants where slug = 'bulk';
select app.add_partition(h.name, h.day_column, (app.now() at time zone 'UTC')::date - n)
  from app.history_tables() as h cross join generate_series(0, 9) as n;

create temp table past on commit drop as
  select i, i / 100 as lane, i % 100 as round, t.id as tenant_id, a.id as account_id,
         md5('bulk conversation ' || i / 100)::uuid as conversation_id, md5('bulk turn ' || i)::uuid as turn_id,
         md5('bulk out ' || i)::uuid as out_id, md5('bulk sent ' || i)::uuid as sent_id,
         s.now - interval '120 days' + i * (interval '60 days' / s.turns) as at,
         s.now - interval '8 days' + i * (interval '6 days' / s.turns) as lately
    from (select app.now() as now, current_setting('bulk.turns')::integer as turns) as s
    cross join lateral generate_series(0, s.turns - 1) as i
    join public.tenants t on t.slug = 'bulk'
    join public.whatsapp_accounts a on a.tenant_id = t.id;

insert into public.contacts (id, tenant_id, name)
select md5('bulk contact ' || lane)::uuid, tenant_id, 'Ana' from past where round = 0 order by i;
insert into public.conversations (id, tenant_id, account_id, contact_id, last_position, last_message_at, last_customer_message_at)
select conversation_id, tenant_id, account_id, md5('bulk contact ' || lane)::uuid, 200, at, at from past where round = 0 order by i;
insert into public.messages (id, tenant_id, account_id, conversation_id, position, direction, author, provider_message_id, type, body,
  status, turn_id, correlation_id, occurred_at, created_at)
select case m.direction when 'in' then gen_random_uuid() else out_id end, tenant_id, account_id, conversation_id,
       2 * round + case m.direction when 'in' then 1 else 2 end, m.direction, m.author, format('wamid.bulk.%s.%s', m.direction, i), 'text',
       'What are your opening hours on Sunday?', m.status, turn_id, 'bulk-' || i, at, at
  from past cross join (values ('in', 'customer', null), ('out', 'agent', 'READ')) as m (direction, author, status)
 order by i, m.direction;
insert into app.turns (id, tenant_id, conversation_id, first_seq, last_seq, status, service, correlation_id, claimed_at, agent_ms, finished_at)
select turn_id, tenant_id, conversation_id, round + 1, round + 1, 'answered', 'agent:bulk', 'bulk-' || i, at, 500 + i % 3000, at from past order by i;
insert into app.outbound_message (id, tenant_id, account_id, conversation_id, message_id, turn_id, idempotency_key, content, status,
  provider_message_id, correlation_id, created_at, sent_at)
select sent_id, tenant_id, account_id, conversation_id, out_id, turn_id, 'turn:' || turn_id || ':1', '{"type": "text"}', 'READ', 'wamid.bulk.out.' || i, 'bulk-' || i, at, at
  from past order by i;
insert into app.outbound_attempt (outbound_message_id, attempt_no, state, token, worker, started_at, io_started_at, finished_at)
select sent_id, 1, 'ACCEPTED', i + 1, 'w', at, at, at from past order by i;

insert into app.processed_messages (account_id, key, occurred_on, processed_at)
select account_id, format('bulk-%s-%s', i, n), lately at time zone 'UTC', lately from past cross join generate_series(1, 2) as n order by i;
insert into app.queue_history (queue, lane_id, seq, tenant_id, kind, correlation_id, tries, enqueued_at, finished_at)
select q.queue, conversation_id, round + 1, tenant_id, q.kind, 'bulk-' || i, 1, lately, lately
  from past cross join (values ('inbound'::app.queue_name, 'turn'), ('outbound', 'send')) as q (queue, kind) order by i;
