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
  -- How many steps were committed: whoever writes the next one names it, so that nobody writes over what they do not know.
  version         integer     not null default 1 check (version > 0),
  -- Waiting ends then; null: it waits for the customer without a limit.
  expires_at      timestamptz,
  -- The customer is reminded then, once.
  remind_at       timestamptz,
  -- Its timer (set_workflow_timer): when it rings, and the key of the queue message that does. Null: nothing is to ring.
  wake_at         timestamptz,
  timer_key       text,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  finished_at     timestamptz,
  primary key (shard, id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  check ((finished_at is not null) = (status in ('completed', 'failed', 'timed_out', 'cancelled'))),
  check ((error is not null) = (status = 'failed')),
  check (finished_at is null or wake_at is null)
);
comment on table app.workflow_states is 'Multi-step workflows: one row for each running or finished one.';
create unique index workflow_states_one_open on app.workflow_states (shard, conversation_id, workflow) where finished_at is null;
create index workflow_states_conversation on app.workflow_states (shard, conversation_id);
create index workflow_states_tenant on app.workflow_states (shard, tenant_id);
create index workflow_states_wake on app.workflow_states (shard, wake_at) where wake_at is not null;
create index workflow_states_finished on app.workflow_states (shard, finished_at) where finished_at is not null;

-- What a workflow was after each of its steps: what people look at, and where an answer that is taken back returns to.
create table app.workflow_steps (
  shard       smallint    not null default 0,
  workflow_id uuid        not null,
  version     integer     not null check (version > 0),
  tenant_id   uuid        not null,
  step        text        not null,
  status      text        not null,
  state       jsonb       not null,
  error       jsonb,
  expires_at  timestamptz,
  remind_at   timestamptz,
  -- The turn whose answer it was committed with; null: a person's doing.
  turn_id     uuid,
  at          timestamptz not null,
  primary key (shard, workflow_id, version),
  foreign key (shard, workflow_id) references app.workflow_states (shard, id) on delete cascade,
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade
);
comment on table app.workflow_steps is 'Each committed step of each workflow.';
create index workflow_steps_turn on app.workflow_steps (shard, turn_id) where turn_id is not null;
create index workflow_steps_tenant on app.workflow_steps (shard, tenant_id);

alter table app.ai_conversation_memory enable row level security;
alter table app.workflow_states enable row level security;
alter table app.workflow_steps enable row level security;
grant select, insert, update, delete on app.ai_conversation_memory, app.workflow_states, app.workflow_steps to service_role;
