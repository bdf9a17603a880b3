-- What stands around the queue, apart from it so that claims and completions never touch it: work for later, keys that
-- make an enqueue happen once, the tenants' turns, limits, pauses, and leases outside of the queues.

-- Work for later. Moved into its lane by promote_scheduled when its time has come.
create sequence app.queue_scheduled_id as bigint;
create table app.queue_scheduled (
  shard           smallint    not null default 0,
  id              bigint      not null default nextval('app.queue_scheduled_id'),
  run_at          timestamptz not null,
  queue           app.queue_name not null,
  lane_id         uuid        not null,
  tenant_id       uuid        not null,
  kind            text        not null,
  payload         jsonb       not null,
  correlation_id  text        not null,
  priority        smallint    not null check (priority between 0 and 9),
  idempotency_key text,
  primary key (shard, id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table app.queue_scheduled is 'Work that is to be queued at a later time.';
create index queue_scheduled_run_at on app.queue_scheduled (shard, run_at, id);
create index queue_scheduled_queue on app.queue_scheduled (shard, queue, run_at);
create index queue_scheduled_key on app.queue_scheduled (shard, queue, idempotency_key) where idempotency_key is not null;

-- What was enqueued under a key: the same key again is the same work.
create table app.queue_idempotency (
  shard       smallint    not null default 0,
  queue       app.queue_name not null,
  -- Compared byte by byte: three times as fast as by the rules of a language.
  key         text        collate "C" not null,
  -- Of what was enqueued: a different one under the same key is a contradiction.
  fingerprint text        not null,
  lane_id     uuid        not null,
  -- Null while the work is scheduled.
  seq         bigint,
  created_at  timestamptz not null,
  primary key (shard, queue, key)
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
comment on table app.queue_idempotency is 'Keys under which work was enqueued, kept for a week.';
-- Not on anything that changes, so that writing down the number is a HOT update.
create index queue_idempotency_created on app.queue_idempotency (shard, created_at);

-- How much of a queue each tenant has had: its lanes so far, each counted as 1 / weight. Whoever has had the least is
-- served first. Written only while tenants compete, and never waited for.
create sequence app.queue_turn as bigint;
create table app.queue_tenant (
  shard     smallint         not null default 0,
  queue     app.queue_name not null,
  tenant_id uuid             not null,
  pass      double precision not null default 0,
  primary key (shard, queue, tenant_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
comment on table app.queue_tenant is 'Each tenant''s turn in a queue; its row is also the lock under which its cap is counted.';

-- How many lanes of a queue may be leased at the same time. No row: as many as there are workers.
create table app.queue_limits (
  shard           smallint not null default 0,
  queue           app.queue_name not null,
  max_concurrency integer  not null check (max_concurrency > 0),
  primary key (shard, queue)
);
comment on table app.queue_limits is 'Caps on the lanes of a queue that are in work at once; a tenant''s own cap is tenants.max_concurrency.';

-- What is kept back until somebody resumes it: a queue (both nil), a tenant in it, or a lane.
create table app.queue_pause (
  shard     smallint    not null default 0,
  queue     app.queue_name not null,
  tenant_id uuid        not null default '00000000-0000-0000-0000-000000000000',
  lane_id   uuid        not null default '00000000-0000-0000-0000-000000000000',
  reason    text        not null,
  paused_at timestamptz not null,
  primary key (shard, queue, tenant_id, lane_id),
  check (tenant_id = '00000000-0000-0000-0000-000000000000' or lane_id = '00000000-0000-0000-0000-000000000000')
);
comment on table app.queue_pause is 'Queues, tenants and lanes that are not worked for now.';

-- Leases on things outside of the queues: a message by any key, a conversation that a person writes into.
create table app.leases (
  shard       smallint    not null default 0,
  kind        text        not null check (kind in ('message', 'conversation')),
  key         text        not null check (length(key) between 1 and 500),
  owner       text        not null,
  token       bigint      not null,
  acquired_at timestamptz not null,
  expires_at  timestamptz not null,
  primary key (shard, kind, key)
) with (fillfactor = 70);
comment on table app.leases is 'Leases with fencing tokens on messages and conversations, outside of the queues.';
create index leases_expires on app.leases (shard, expires_at);

grant usage on sequence app.queue_scheduled_id, app.queue_turn to service_role;
alter table app.queue_scheduled enable row level security;
alter table app.queue_idempotency enable row level security;
alter table app.queue_tenant enable row level security;
alter table app.queue_limits enable row level security;
alter table app.queue_pause enable row level security;
alter table app.leases enable row level security;
grant select, insert, update, delete on
  app.queue_scheduled, app.queue_idempotency, app.queue_tenant, app.queue_limits, app.queue_pause, app.leases to service_role;
