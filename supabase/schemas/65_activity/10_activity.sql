-- What was done and by whom: the audit log, which only grows, and the events of a conversation that have no table of their own.

-- One row for every change that somebody may have to answer for; an outbound message is audited by a trigger, so that no
-- path can forget. Read by members, written by the engine, changed by nobody (refuse_change). It points to no tenant:
-- what was done to a tenant outlives it. A partition for each day, dropped whole when it is old (app.retention).
create table public.audit_logs (
  shard         smallint    not null default 0,
  id            uuid        not null default gen_random_uuid(),
  tenant_id     uuid        not null,
  -- 'user:<uuid>', 'key:<uuid>' (an API key), 'agent:<name>', 'provider' or 'system'.
  actor         text        not null check (length(actor) between 1 and 200),
  action        text        not null check (action in ('CREATED', 'SENT', 'UPDATED', 'FAILED', 'BLOCKED_BY_POLICY')),
  resource_type text        not null check (resource_type ~ '^[a-z_]{1,60}$'),
  resource_id   text        not null check (length(resource_id) between 1 and 200),
  -- Ids, states and codes; no personal data.
  meta          jsonb       not null default '{}',
  -- Where the request came from, as far as it was one.
  ip            inet,
  user_agent    text        check (length(user_agent) <= 400),
  created_at    timestamptz not null,
  primary key (shard, tenant_id, created_at, id)
) partition by range (created_at);
comment on table public.audit_logs is 'Who did what, when and from where. Only ever added to.';
create table app.audit_logs_default partition of public.audit_logs default;
create index audit_logs_resource on public.audit_logs (shard, resource_id);

alter table public.audit_logs enable row level security;
alter table app.audit_logs_default enable row level security;
create policy "members see what was done" on public.audit_logs
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.audit_logs to authenticated;
grant select, insert on public.audit_logs to service_role;

-- HANDOFF, TOOL_CALL ...: what conversation_timeline cannot find anywhere else.
create table app.conversation_events (
  shard           smallint    not null default 0,
  id              uuid        not null default gen_random_uuid(),
  tenant_id       uuid        not null,
  conversation_id uuid        not null,
  kind            text        not null check (kind ~ '^[A-Z][A-Z_]{1,39}$'),
  actor           text        not null,
  detail          jsonb       not null default '{}',
  created_at      timestamptz not null,
  primary key (shard, id),
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade
);
comment on table app.conversation_events is 'Facts of a conversation that no other table holds.';
create index conversation_events_time on app.conversation_events (shard, conversation_id, created_at);

alter table app.conversation_events enable row level security;
grant select, insert, update, delete on app.conversation_events to service_role;
