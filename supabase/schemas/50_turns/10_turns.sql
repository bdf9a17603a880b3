-- A turn: the burst of messages that one answer covers. Its id stays the same however often it is tried.

create table app.turns (
  shard           smallint    not null default 0,
  id              uuid        not null default gen_random_uuid(),
  tenant_id       uuid        not null,
  conversation_id uuid        not null,
  -- Sequence numbers of the inbound lane.
  first_seq       bigint      not null,
  last_seq        bigint      not null,
  status          text        not null default 'working' check (status in ('working', 'answered', 'skipped', 'failed', 'superseded')),
  -- Why it was skipped, or superseded.
  reason          text,
  service         text        not null,
  endpoint        text,
  tries           smallint    not null default 1,
  -- How many answers in a row were dropped because the customer wrote more, and when the last one was.
  superseded      smallint    not null default 0,
  superseded_at   timestamptz,
  -- What all its answers cost, the dropped ones too.
  usage           jsonb       not null default '{}',
  error           jsonb,
  correlation_id  text        not null,
  -- When its first message came: bounds how long the customer may be kept waiting by writing more.
  burst_at        timestamptz not null default now(),
  claimed_at      timestamptz not null,
  agent_called_at timestamptz,
  agent_ms        integer,
  finished_at     timestamptz,
  primary key (shard, id),
  unique (shard, conversation_id, first_seq),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  check ((finished_at is null) = (status = 'working')),
  check (status <> 'failed' or error is not null),
  check ((superseded > 0) = (superseded_at is not null)),
  check (status <> 'superseded' or (superseded > 0 and reason is not null))
);
comment on table app.turns is 'Each burst that was, or is being, answered: at most one answer for each.';
create index turns_tenant on app.turns (shard, tenant_id);

alter table app.turns enable row level security;
grant select, insert, update, delete on app.turns to service_role;
