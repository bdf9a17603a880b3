-- What agents remember of a conversation, and the workflows that outlive a turn.

create table app.ai_conversation_memory (
  shard              smallint    not null default 0,
  conversation_id    uuid        not null,
  tenant_id          uuid        not null,
  session_id         uuid        not null default gen_random_uuid(),
  session_started_at timestamptz not null,
  last_activity_at   timestamptz not null,
  -- [{"role": "user" | "assistant" | "person", "text": "...", "at": "...", "turn": "..."}], oldest first, at most 20.
  messages           jsonb       not null default '[]' check (jsonb_typeof(messages) = 'array' and jsonb_array_length(messages) <= 20),
  primary key (shard, conversation_id),
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade
);
comment on table app.ai_conversation_memory is 'The last 20 messages of a conversation''s session; a session ends after 30 idle minutes.';
create index ai_conversation_memory_tenant on app.ai_conversation_memory (shard, tenant_id);

create table app.workflow_states (
  shard           smallint    not null default 0,
  id              uuid        not null default gen_random_uuid(),
  tenant_id       uuid        not null,
  conversation_id uuid        not null,
  workflow        text        not null,
  step            text        not null,
  status          text        not null check (status in ('running', 'waiting', 'completed', 'failed', 'timed_out', 'cancelled')),
  state           jsonb       not null default '{}',
  error           jsonb,
  -- Waiting ends then; null: it waits for the customer without a limit.
  expires_at      timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  finished_at     timestamptz,
  primary key (shard, id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  check ((finished_at is not null) = (status in ('completed', 'failed', 'timed_out', 'cancelled'))),
  check ((error is not null) = (status = 'failed'))
);
comment on table app.workflow_states is 'Multi-step workflows: one row for each running or finished one.';
create unique index workflow_states_one_open on app.workflow_states (shard, conversation_id, workflow) where finished_at is null;
create index workflow_states_tenant on app.workflow_states (shard, tenant_id);

alter table app.ai_conversation_memory enable row level security;
alter table app.workflow_states enable row level security;
grant select, insert, update, delete on app.ai_conversation_memory, app.workflow_states to service_role;
