-- What only a person can decide: a message that cannot be sent as it is, a number that Meta holds back, a broken token.
-- Open until somebody resolves it, or until what it was about has gone away by itself.

create table public.tasks (
  shard               smallint    not null default 0,
  id                  uuid        not null default gen_random_uuid(),
  tenant_id           uuid        not null,
  kind                text        not null check (kind in ('message_parked', 'send_unknown', 'number_paused', 'channel_stopped', 'template_missing', 'workflow_failed')),
  -- What it is about, as one word of its own: the id of a message, an account, a workflow. One open task for each.
  subject             text        not null check (length(subject) between 1 and 200),
  -- In plain words, with what to do about it; no personal data.
  reason              text        not null check (length(reason) between 1 and 1000),
  detail              jsonb       not null default '{}',
  account_id          uuid,
  conversation_id     uuid,
  outbound_message_id uuid,
  -- How often it came up while it was open.
  seen                integer     not null default 1,
  created_at          timestamptz not null default now(),
  last_seen_at        timestamptz not null default now(),
  resolved_at         timestamptz,
  -- Who resolved it ('user:<uuid>', 'key:<uuid>', 'system'), and how.
  resolved_by         text,
  resolution          text,
  primary key (shard, id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  check ((resolved_at is null) = (resolved_by is null)),
  check (resolution is null or resolved_at is not null)
);
comment on table public.tasks is 'What waits for a person''s decision, and what was decided.';
create unique index tasks_one_open on public.tasks (shard, tenant_id, kind, subject) where resolved_at is null;
create index tasks_account on public.tasks (shard, account_id);
create index tasks_conversation on public.tasks (shard, conversation_id);

alter table public.tasks enable row level security;
create policy "members see their tasks" on public.tasks
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.tasks to authenticated;
grant select, insert, update, delete on public.tasks to service_role;
